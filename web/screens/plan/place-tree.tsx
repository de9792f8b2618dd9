import { useApp } from '../../app-context.ts'
import type { Choices } from './choices.ts'

type PlaceTreeProps = Readonly<{
  choices: Choices
  chosen: ReadonlySet<string>
  choose: (chosen: ReadonlySet<string>) => void
}>

/** The estate, its zones, its buildings, their floors and homes; whoever chooses a building needs none of its homes. */
export function PlaceTree({ choices, chosen, choose }: PlaceTreeProps) {
  const { words } = useApp()
  const box = (place: string, text: string, homes: number) => (
    <label class="touch flex cursor-pointer items-center gap-2 text-sm">
      <input
        type="checkbox"
        name="place"
        value={place}
        class="checkbox checkbox-sm"
        checked={chosen.has(place)}
        onChange={() => choose(toggled(chosen, place))}
      />
      <span class="min-w-0 flex-1 break-words">{text}</span>
      {homes > 1 && <span class="quiet text-xs">{words.say('web.plan.homes', { n: homes })}</span>}
    </label>
  )
  const all = choices.buildings.reduce((sum, { homes }) => sum + homes.length, 0)
  return (
    <div class="border-base-300 rounded-field max-h-80 overflow-y-auto border px-3 py-2">
      {box('site', words.say('web.plan.site'), all)}
      {choices.zones.length > 0 && <p class="quiet mt-2 text-xs">{words.say('web.plan.zones')}</p>}
      {choices.zones.map(({ id, name, homes }) => box(`zone:${id}`, words.of(name), homes))}
      <p class="quiet mt-2 text-xs">{words.say('web.plan.buildings')}</p>
      {choices.buildings.map(({ id, name, entrances, homes }) => (
        <div key={id}>
          {box(`building:${id}`, words.of(name), homes.length)}
          <details class="border-base-300 ml-3 border-l pl-3">
            <summary class="touch quiet flex cursor-pointer items-center text-xs">
              {words.say('web.plan.floors', { building: words.of(name) })}
            </summary>
            {entrances.map((each) => box(`entrance:${each.id}`, words.of(each.name), each.homes))}
            {byFloor(homes).map(([floor, own]) => (
              <fieldset key={floor} class="mt-1">
                <legend class="quiet text-xs">{words.say('web.plan.floor', { floor })}</legend>
                <div class="grid grid-cols-2 gap-x-3">{own.map((home) => box(`home:${home}`, home, 1))}</div>
              </fieldset>
            ))}
          </details>
        </div>
      ))}
    </div>
  )
}

export function toggled(chosen: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(chosen)
  if (!next.delete(id)) next.add(id)
  return next
}

/** From the top down, as one looks at a building. */
function byFloor(homes: readonly string[]): [number, string[]][] {
  const floors = new Map<number, string[]>()
  for (const home of homes) {
    const floor = Number(home.slice(home.lastIndexOf('-') + 1, -2))
    floors.set(floor, [...(floors.get(floor) ?? []), home])
  }
  return [...floors].toSorted(([a], [b]) => b - a)
}
