import { useLocation } from 'preact-iso'
import { useRef } from 'preact/hooks'
import type { FrequentRule } from '../../api/alarm-types.ts'
import type { Alarm, Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { useOlder } from '../../parts/older.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { AlarmFilter } from './alarm-filter.tsx'
import { AlarmPages, WithSentences } from './alarm-pages.tsx'
import { AlarmRows } from './alarm-rows.tsx'
import { byGravity, familiesOf, type Filter, filterOf, isPartOf, matches } from './filter.ts'
import { useLookedAt } from './looked-at.ts'

const BAD_ACTORS_EVERY_MS = 60_000

/** All alarms that stand, the gravest first; or those that wait, are silent, or are over. */
export function AlarmsScreen() {
  return <WithSentences>{() => <Alarms />}</WithSentences>
}

function Alarms() {
  const { words, estate } = useApp()
  const { query } = useLocation()
  const search = useRef<HTMLInputElement>(null)
  const filter = filterOf(query)
  const known = estate.alarms.value
  const alarms = known ?? []
  const badActors = useLookedAt<Page<FrequentRule>>('/bad-actors', BAD_ACTORS_EVERY_MS)
  const isEnded = filter.part === 'ended'
  const ended = useOlder<Alarm>('/alarms', isEnded ? alarms.filter((alarm) => isPartOf('ended', alarm)) : null)
  const kinds = new Map((estate.site.value?.assets ?? []).map(({ id, kind }) => [id, kind]))
  const kindOf = (asset: string) => kinds.get(asset) ?? ''
  const part = isEnded ? ended.items : alarms.filter((alarm) => isPartOf(filter.part, alarm)).toSorted(byGravity)
  const shown = part.filter((alarm) => matches(alarm, filter, kindOf, words))
  const count = (of: 'standing' | 'unseen' | 'silent') => alarms.filter((alarm) => isPartOf(of, alarm)).length
  // What was searched for is not folded away.
  const isFolded = filter.part === 'standing' && filter.text === ''
  return (
    <Screen title={words.say('web.screen.alarms')}>
      <AlarmPages />
      {known === null ? (
        <Skeletons count={6} height="h-18" />
      ) : (
        <>
          <AlarmFilter
            filter={filter}
            counts={{ standing: count('standing'), unseen: count('unseen'), silent: count('silent') }}
            kinds={[...new Set(alarms.map(({ asset }) => kindOf(asset)))].filter(Boolean).toSorted()}
            search={search}
          />
          {estate.line.value === 'reconnecting' && (
            <p class="alert alert-warning alert-soft mb-3">{words.say('web.alarms.away')}</p>
          )}
          <Flood alarms={alarms} />
          {shown.length === 0 ? (
            <NothingShown filter={filter} isEmpty={part.length === 0} />
          ) : (
            <AlarmRows
              key={filter.part}
              families={isFolded ? familiesOf(shown) : shown.map((alarm) => ({ alarm, children: [] }))}
              badActors={new Set((badActors.found?.items ?? []).map(({ rule }) => rule))}
              onSearch={() => search.current?.focus()}
            />
          )}
          {isEnded && ended.more}
          {!isEnded && count('standing') >= MOST_READ && (
            <p class="quiet mt-3 text-sm">{words.say('web.alarms.cut', { n: MOST_READ })}</p>
          )}
        </>
      )}
    </Screen>
  )
}

/** So many open ones are kept up to date (`live/lists.ts`). */
const MOST_READ = 200

/** What is only counted is told here in one message as well. */
function Flood({ alarms }: { alarms: readonly Alarm[] }) {
  const { words } = useApp()
  const counted = alarms.filter(({ state, whyNot }) => state !== 'normal' && whyNot?.by === 'flood')
  const since = counted[0]?.whyNot?.since
  if (since === undefined) return null
  return (
    <p role="status" data-flood={counted.length} class="alert alert-warning alert-soft mb-3">
      {words.say('web.alarms.flood', { since: words.format.time(since), n: counted.length })}
    </p>
  )
}

function NothingShown({ filter, isEmpty }: { filter: Filter; isEmpty: boolean }) {
  const { words } = useApp()
  if (!isEmpty)
    return (
      <Empty icon="search">
        {words.say('web.alarms.empty.filtered')}{' '}
        <a class="link" href={filter.part === 'standing' ? '/alarms' : `/alarms?state=${filter.part}`}>
          {words.say('web.alarms.clear')}
        </a>
      </Empty>
    )
  const { part } = filter
  return (
    <Empty icon="circle-check">
      {words.say(part === 'standing' ? 'web.alarms.empty' : `web.alarms.empty.${part}`)}
    </Empty>
  )
}
