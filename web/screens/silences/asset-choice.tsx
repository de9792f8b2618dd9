import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'

type AssetChoiceProps = Readonly<{ chosen: ReadonlySet<string>; choose: (chosen: ReadonlySet<string>) => void }>

/** Some assets of all, found by their names; the chosen ones stay in sight. */
export function AssetChoice({ chosen, choose }: AssetChoiceProps) {
  const { words, estate } = useApp()
  const [typed, setTyped] = useState('')
  const wanted = typed.trim().toLowerCase()
  const assets = (estate.site.value?.assets ?? []).filter(
    ({ id, name }) => chosen.has(id) || `${id} ${words.of(name)}`.toLowerCase().includes(wanted),
  )
  const toggle = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    choose(next)
  }
  return (
    <fieldset class="grid min-w-0 gap-1">
      <legend class="mb-1 text-sm font-medium">
        {words.say('web.silences.plan.assets')}
        {chosen.size > 0 && (
          <span class="quiet font-normal"> · {words.say('web.silences.plan.chosen', { n: chosen.size })}</span>
        )}
      </legend>
      <input
        type="search"
        class="input touch w-full"
        aria-label={words.say('web.silences.plan.find')}
        placeholder={words.say('web.silences.plan.find')}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <div class="border-base-300 rounded-field max-h-44 overflow-y-auto border px-2 py-1">
        {assets.map(({ id, name }) => (
          <label key={id} class="touch flex cursor-pointer items-center gap-2 text-sm">
            <input
              type="checkbox"
              name="asset"
              value={id}
              class="checkbox checkbox-sm"
              checked={chosen.has(id)}
              onChange={() => toggle(id)}
            />
            <span class="min-w-0 flex-1 break-words">{words.of(name)}</span>
            <span class="quiet text-xs">{id}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
