import type { RosterNeed, RosterWeek } from '../../api/roster-types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Empty } from '../../parts/screen.tsx'
import { DayHead } from './day-head.tsx'
import { onDay } from './days.ts'
import { endClock } from './people-table.tsx'

/** What the site may need, by region and skill, and on which day nobody is there for it. */
export function CoverageTable({ week }: { week: RosterWeek }) {
  const { words } = useApp()
  if (week.coverage.length === 0) return <Empty icon="circle-check">{words.say('web.roster.no_needs')}</Empty>
  return (
    <>
      <ul class="grid gap-2 lg:hidden">
        {week.coverage.map((need) => (
          <li key={keyOf(need)} class="panel p-3" data-need={keyOf(need)}>
            <Need need={need} />
            {need.staff.length > 0 && need.gaps.length === 0 && <Covered />}
            {need.staff.length > 0 &&
              week.days.map((day, i) =>
                onDay(need.gaps, week, i).length === 0 ? null : (
                  <div key={day.day} class="mt-2 grid grid-cols-[5rem_1fr] items-start gap-2 text-sm">
                    <span>
                      <DayHead day={day} />
                    </span>
                    <Gaps need={need} week={week} index={i} />
                  </div>
                ),
              )}
          </li>
        ))}
      </ul>
      <div
        class="panel hidden overflow-x-auto lg:block"
        role="region"
        aria-label={words.say('web.roster.coverage')}
        tabIndex={0}
      >
        <table class="w-full text-sm">
          <thead class="border-base-300 border-b text-left">
            <tr>
              <th scope="col" class="p-2 font-medium">
                {words.say('web.roster.need')}
              </th>
              {week.days.map((day) => (
                <th key={day.day} scope="col" class={`p-2 font-medium ${day.day === week.today ? 'bg-base-200' : ''}`}>
                  <DayHead day={day} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {week.coverage.map((need) => (
              <tr key={keyOf(need)} class="border-base-300 border-b align-top last:border-0">
                <th scope="row" class="p-2 text-left font-normal">
                  <Need need={need} />
                </th>
                {week.days.map(({ day }, i) => (
                  <td key={day} class={`p-2 ${day === week.today ? 'bg-base-200' : ''}`}>
                    {need.staff.length === 0 ? (
                      <span class="quiet">–</span>
                    ) : (
                      <Gaps need={need} week={week} index={i} />
                    )}
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

function Need({ need: { region, skill, certificate, staff } }: { need: RosterNeed }) {
  const { words } = useApp()
  return (
    <>
      <span class="block font-semibold">
        {words.sayCode('region', region)} · {words.sayCode('skill', skill)}
      </span>
      {certificate !== null && <span class="quiet block text-xs">{words.sayCode('certificate', certificate)}</span>}
      {staff.length === 0 ? (
        <span class="badge badge-error badge-soft badge-sm h-auto">{words.say('web.roster.unstaffed')}</span>
      ) : (
        <span class="quiet block text-xs">{staff.join(', ')}</span>
      )}
    </>
  )
}

function Covered() {
  const { words } = useApp()
  return (
    <p class="text-success mt-1 flex items-center gap-1 text-sm">
      <Icon name="circle-check" />
      {words.say('web.roster.covered')}
    </p>
  )
}

function Gaps({ need, week, index }: { need: RosterNeed; week: RosterWeek; index: number }) {
  const { words } = useApp()
  const { clock } = words.format
  const gaps = onDay(need.gaps, week, index)
  if (gaps.length === 0)
    return (
      <span class="text-success" role="img" aria-label={words.say('web.roster.covered')}>
        <Icon name="check" />
      </span>
    )
  return (
    <span class="grid justify-items-start gap-1">
      {gaps.map((gap) => (
        <span
          key={gap.from}
          data-gap={gap.contractor ? 'contractor' : 'nobody'}
          class={`badge badge-soft badge-sm h-auto flex-wrap justify-start gap-x-1 tabular-nums ${gap.contractor ? 'badge-warning' : 'badge-error'}`}
        >
          <span class="whitespace-nowrap">
            {gap.isWhole ? words.say('web.roster.all_day') : `${clock(gap.fromMs)}–${endClock(clock(gap.toMs))}`}
          </span>
          <span class="whitespace-nowrap">
            {words.say(gap.contractor ? 'web.roster.gap.contractor' : 'web.roster.gap.nobody')}
          </span>
        </span>
      ))}
    </span>
  )
}

function keyOf({ region, skill }: RosterNeed): string {
  return `${region} ${skill}`
}
