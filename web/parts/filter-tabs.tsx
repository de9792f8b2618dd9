type FilterTabsProps = Readonly<{
  base: string
  label: string
  chosen: string
  options: readonly (readonly [string, string])[]
}>

/** Which part of a list is shown; the address keeps it. The first option needs no word in the address. */
export function FilterTabs({ base, label, chosen, options }: FilterTabsProps) {
  return (
    <nav aria-label={label} class="join">
      {options.map(([value, text], index) => (
        <a
          key={value}
          href={index === 0 ? base : `${base}?state=${value}`}
          aria-current={value === chosen ? 'true' : undefined}
          class={`btn btn-sm touch join-item ${value === chosen ? 'btn-primary' : ''}`}
        >
          {text}
        </a>
      ))}
    </nav>
  )
}
