import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { RosterWeek } from '../../api/roster-types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Screen, Skeletons } from '../../parts/screen.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { CoverageTable } from './coverage-table.tsx'
import { mondayOf } from './days.ts'
import { PeopleTable } from './people-table.tsx'
import { PersonDialog } from './person-dialog.tsx'
import { ROSTER } from './sentences.ts'

const EVERY_MS = 30_000

/** Who is there when, by person and by what is needed; and where nobody is. */
export function RosterScreen() {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(ROSTER).then(() => setSaid(true))
  }, [])
  if (isSaid) return <Roster />
  return (
    <Screen title={words.say('web.roster')}>
      <Skeletons count={6} height="h-14" />
    </Screen>
  )
}

function Roster() {
  const { words, estate } = useApp()
  const { query } = useLocation()
  const isCoverage = query['view'] === 'coverage'
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: estate.site.value?.timeZone ?? 'UTC' }).format(
    estate.clock.now.peek(),
  )
  const from = query['from'] ?? mondayOf(today)
  const { found, refused, look } = useLookedAt<RosterWeek>(`/roster?days=7&from=${encodeURIComponent(from)}`, EVERY_MS)
  const [chosen, setChosen] = useState<string | null>(null)
  const person = found?.people.find(({ id }) => id === chosen)
  const gaps = found?.coverage.reduce((sum, need) => sum + (need.staff.length > 0 ? need.gaps.length : 0), 0) ?? 0
  const address = (week: string, view = isCoverage ? 'coverage' : '') =>
    `/roster?from=${week}${view === '' ? '' : `&view=${view}`}`
  return (
    <Screen title={words.say('web.roster')} hint={words.say('web.roster.hint')}>
      <div class="mb-4 flex flex-wrap items-center gap-2">
        <nav aria-label={words.say('web.roster.week')} class="join">
          <a class="btn touch join-item" href={address(mondayOf(from, -1))} aria-label={words.say('web.roster.before')}>
            <Icon name="chevron-left" />
          </a>
          <a class="btn touch join-item" href={address(mondayOf(today))}>
            {words.say('web.roster.this_week')}
          </a>
          <a class="btn touch join-item" href={address(mondayOf(from, 1))} aria-label={words.say('web.roster.after')}>
            <Icon name="chevron-right" />
          </a>
        </nav>
        <nav aria-label={words.say('web.roster.views')} class="join">
          <a
            class={`btn touch join-item ${isCoverage ? '' : 'btn-primary'}`}
            aria-current={isCoverage ? undefined : 'page'}
            href={address(from, '')}
          >
            {words.say('web.roster.people')}
          </a>
          <a
            class={`btn touch join-item ${isCoverage ? 'btn-primary' : ''}`}
            aria-current={isCoverage ? 'page' : undefined}
            href={address(from, 'coverage')}
          >
            {words.say('web.roster.coverage')}
            {gaps > 0 && <span class="badge badge-warning badge-sm">{gaps}</span>}
          </a>
        </nav>
      </div>
      {refused !== null && (
        <p role="alert" class="alert alert-error alert-soft mb-3">
          {refused}
        </p>
      )}
      {found?.contacts && (
        <p role="status" class="alert alert-warning alert-soft mb-3">
          {words.say('web.roster.no_contacts')}
        </p>
      )}
      {found === null && refused === null && <Skeletons count={6} height="h-14" />}
      {found && (isCoverage ? <CoverageTable week={found} /> : <PeopleTable week={found} choose={setChosen} />)}
      {found && (
        <p class="quiet mt-3 text-sm">
          {found.owner === null
            ? words.say('web.roster.no_owner', { fallback: found.fallback })
            : words.say('web.roster.owner', { owner: found.owner })}
        </p>
      )}
      {found && person && (
        <PersonDialog person={person} people={found.people} onClose={() => setChosen(null)} onDone={look} />
      )}
    </Screen>
  )
}
