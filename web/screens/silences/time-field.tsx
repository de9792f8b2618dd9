type TimeFieldProps = Readonly<{ name: string; label: string; value: string; choose: (value: string) => void }>

/** A date and a time, as the site's clock shows them. */
export function TimeField({ name, label, value, choose }: TimeFieldProps) {
  return (
    <label class="grid min-w-0 gap-1">
      <span class="text-sm font-medium">{label}</span>
      <input
        type="datetime-local"
        name={name}
        required
        class="input touch w-full min-w-0"
        value={value}
        onInput={(event) => choose(event.currentTarget.value)}
      />
    </label>
  )
}
