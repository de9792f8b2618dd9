import { useState } from 'preact/hooks'
import type { RosterPerson, RosterWeek } from '../../api/roster-types.ts'
import { useApp } from '../../app-context.ts'
import { DayHead } from './day-head.tsx'
import { onDay } from './days.ts'

type TableProps = Readonly<{ week: RosterWeek; choose: (person: string) => void }>
/** A certificate that ends within so many days wants to be renewed. */
const SOON_DAYS = 30

/** A row for each person, a column for each day; on a phone one day of them. */
export function PeopleTable({ week, choose }: TableProps) {
  const { words } = useApp()
  const today = week.days.findIndex(({ day }) => day === week.today)
  const [shown, setShown] = useState(Math.max(0, today))
  return (
    <>
      <div class="mb-3 grid grid-cols-7 gap-1 lg:hidden" role="group" aria-label={words.say('web.roster.day')}>
        {week.days.map((day, i) => (
          <button
            key={day.day}
            type="button"
            class={`btn touch h-auto flex-col gap-0 px-0 py-1 ${i === shown ? 'btn-primary' : ''}`}
            aria-pressed={i === shown}
            onClick={() => setShown(i)}
          >
            <DayHead day={day} isShort />
          </button>
        ))}
      </div>
      <div class="panel overflow-x-auto" role="region" aria-label={words.say('web.roster.people')} tabIndex={0}>
        <table class="w-full text-sm">
          <thead class="border-base-300 border-b text-left">
            <tr>
              <th scope="col" class="p-2 font-medium">
                {words.say('web.roster.person')}
              </th>
              {week.days.map((day, i) => (
                <th
                  key={day.day}
                  scope="col"
                  class={`p-2 font-medium lg:table-cell ${i === shown ? '' : 'hidden'} ${i === today ? 'bg-base-200' : ''}`}
                >
                  <DayHead day={day} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {week.people.map((person) => (
              <tr key={person.id} data-person={person.id} class="border-base-300 border-b align-top last:border-0">
                <th scope="row" class="p-2 text-left font-normal">
                  <button type="button" class="touch block text-left" onClick={() => choose(person.id)}>
                    <Name person={person} />
                  </button>
                </th>
                {week.days.map(({ day }, i) => (
                  <td
                    key={day}
                    class={`p-2 lg:table-cell ${i === shown ? '' : 'hidden'} ${i === today ? 'bg-base-200' : ''}`}
                  >
                    <Cell person={person} week={week} index={i} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function Name({ person }: { person: RosterPerson }) {
  const { words } = useApp()
  const ending = person.certificates.filter(({ days }) => days <= SOON_DAYS)
  return (
    <>
      <span class="flex flex-wrap items-center gap-x-2">
        <span class="link link-hover font-semibold">{person.name ?? person.id}</span>
        {person.isOnDuty && (
          <span class="badge badge-success badge-soft badge-sm">{words.say('web.roster.on_duty')}</span>
        )}
        {person.hasLeft && <span class="badge badge-ghost badge-sm">{words.say('web.roster.left')}</span>}
      </span>
      <span class="quiet block text-xs">
        {person.name !== null && `${person.id} · `}
        {words.sayCode('staff', person.role)}
      </span>
      {ending.map(({ kind, days }) => (
        <span key={kind} class={`badge badge-soft badge-sm mt-1 ${days < 0 ? 'badge-error' : 'badge-warning'}`}>
          {days < 0
            ? words.say('web.roster.certificate.ended', { kind: words.sayCode('certificate', kind) })
            : words.say('web.roster.certificate.ending', { kind: words.sayCode('certificate', kind), days })}
        </span>
      ))}
    </>
  )
}

function Cell({ person, week, index }: { person: RosterPerson; week: RosterWeek; index: number }) {
  const { words } = useApp()
  const { clock } = words.format
  const times = ({ fromMs, toMs, isWhole }: { fromMs: number; toMs: number; isWhole: boolean }) =>
    isWhole ? words.say('web.roster.all_day') : `${clock(fromMs)}–${endClock(clock(toMs))}`
  const there = onDay(person.presence, week, index)
  const leaves = onDay(person.leaves, week, index)
  const changes = onDay(person.changes, week, index)
  if (there.length + leaves.length + changes.length === 0) return <span class="quiet">–</span>
  return (
    <span class="grid justify-items-start gap-1">
      {there.map((span) => (
        <span key={span.from} class="whitespace-nowrap tabular-nums">
          {times(span)}
        </span>
      ))}
      {changes.map((change) => (
        <span key={change.id} class="badge badge-info badge-soft badge-sm h-auto whitespace-nowrap">
          {change.person === person.id
            ? change.instead === null
              ? words.say('web.roster.extra')
              : words.say('web.roster.instead_of', { person: change.instead })
            : words.say('web.roster.replaced_by', { person: change.person })}
        </span>
      ))}
      {leaves.map((leave) => (
        <span key={leave.id} class="badge badge-warning badge-soft badge-sm h-auto whitespace-nowrap">
          {words.sayCode('leave', leave.reason)} {times(leave)}
        </span>
      ))}
    </span>
  )
}

/** The end of a day is not the beginning of it. */
export function endClock(text: string): string {
  return text === '00:00' ? '24:00' : text
}
