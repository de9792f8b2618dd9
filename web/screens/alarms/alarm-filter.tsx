import type { RefObject } from 'preact'
import { useLocation } from 'preact-iso'
import type { Priority } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { GRAVEST_FIRST } from '../../parts/state-badge.tsx'
import { addressOf, type Filter, type Part, PARTS } from './filter.ts'

type AlarmFilterProps = Readonly<{
  filter: Filter
  counts: Readonly<Record<Exclude<Part, 'ended'>, number>>
  kinds: readonly string[]
  search: RefObject<HTMLInputElement | null>
}>

/** Which alarms are shown; the address keeps it. */
export function AlarmFilter({ filter, counts, kinds, search }: AlarmFilterProps) {
  const { words } = useApp()
  const { route } = useLocation()
  const choose = (change: Partial<Filter>) => route(addressOf({ ...filter, ...change }), true)
  const kindName = (kind: string) => words.sayCode('assetKind', kind)
  return (
    <div class="mb-3 flex flex-wrap items-end gap-2">
      <nav aria-label={words.say('web.filter')} class="join w-full sm:w-auto">
        {PARTS.map((part) => (
          <a
            key={part}
            href={addressOf({ ...filter, part })}
            data-part={part}
            aria-current={part === filter.part ? 'true' : undefined}
            class={`btn btn-sm touch join-item flex-auto px-2 sm:px-2.5 ${part === filter.part ? 'btn-primary' : ''}`}
          >
            {words.say(`web.alarms.${part}`)}
            {part !== 'ended' && <span class="tabular-nums">{counts[part]}</span>}
          </a>
        ))}
      </nav>
      <select
        name="priority"
        aria-label={words.say('web.alarms.priority')}
        class="select select-sm touch w-auto min-w-0 flex-1 pr-6 sm:max-w-36"
        value={filter.priority}
        onChange={(event) => choose({ priority: event.currentTarget.value as Priority | '' })}
      >
        <option value="">{`${words.say('web.alarms.priority')}: ${words.say('web.alarms.any')}`}</option>
        {GRAVEST_FIRST.map((priority) => (
          <option key={priority} value={priority}>
            {words.say(`web.priority.${priority}`)}
          </option>
        ))}
      </select>
      <select
        name="kind"
        aria-label={words.say('web.alarms.kind')}
        class="select select-sm touch w-auto min-w-0 flex-1 pr-6 sm:max-w-44"
        value={filter.kind}
        onChange={(event) => choose({ kind: event.currentTarget.value })}
      >
        <option value="">{`${words.say('web.alarms.kind')}: ${words.say('web.alarms.any')}`}</option>
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {kindName(kind)}
          </option>
        ))}
      </select>
      <input
        ref={search}
        type="search"
        aria-label={words.say('web.alarms.search')}
        placeholder={words.say('web.alarms.search.hint')}
        class="input input-sm touch w-full sm:w-auto sm:min-w-44 sm:flex-1 sm:max-w-64"
        maxLength={100}
        value={filter.text}
        onInput={(event) => choose({ text: event.currentTarget.value })}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
    </div>
  )
}
