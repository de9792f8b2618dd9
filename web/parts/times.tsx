import { useWords } from '../app-context.ts'
import { Moment } from './moment.tsx'

type Line = readonly [name: string, at: string | null, by: string | null, note?: string | null]

/** When what happened, in order, with the time that passed between. */
export function Times({ times }: { times: readonly Line[] }) {
  const words = useWords()
  const happened = times
    .flatMap(([name, at, by, note = null]) => (at === null ? [] : [{ name, at, by, note }]))
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return (
    <ol class="text-sm">
      {happened.map(({ name, at, by, note }, index) => {
        const before = happened[index - 1]
        const passedMs = before ? Date.parse(at) - Date.parse(before.at) : 0
        return (
          <li
            key={`${name} ${at}`}
            class="border-base-300 relative ml-1.5 border-l-2 pb-3 pl-4 last:border-transparent last:pb-0"
          >
            <span aria-hidden="true" class="bg-primary absolute top-1.5 -left-[0.4rem] size-2.5 rounded-full" />
            <span class="flex flex-wrap gap-x-3">
              <Moment at={at} />
              <strong class="font-medium">{name}</strong>
              {by !== null && <span>{by}</span>}
              {passedMs >= 1_000 && <span class="quiet">+{words.format.duration(passedMs)}</span>}
            </span>
            {note !== null && note !== '' && <q class="mt-0.5 block break-words whitespace-pre-line">{note}</q>}
          </li>
        )
      })}
    </ol>
  )
}
