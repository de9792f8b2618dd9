import { useLocation } from 'preact-iso'
import type { AlarmHealth, FrequentRule } from '../../api/alarm-types.ts'
import { useApp } from '../../app-context.ts'
import { FilterTabs } from '../../parts/filter-tabs.tsx'
import { Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { may } from '../../roles.ts'
import { AlarmPages, WithSentences } from '../alarms/alarm-pages.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { useRole } from '../alarms/person.tsx'
import { StaleNote } from '../alarms/stale-note.tsx'
import { Figures } from './figures.tsx'
import { PriorityMix } from './priority-mix.tsx'
import { RateChart } from './rate-chart.tsx'

const EVERY_MS = 30_000
const DAY_MS = 86_400_000

/** The alarm system itself, against the figures of EEMUA 191. */
export function AlarmHealthScreen() {
  return <WithSentences>{() => <Health />}</WithSentences>
}

function Health() {
  const { words, estate } = useApp()
  const { query } = useLocation()
  const isWeek = query['state'] === 'week'
  // A whole ten minutes, so that the address, and with it what is shown, does not change at each look.
  const to = Math.ceil(estate.clock.now.peek() / 600_000) * 600_000
  const path = `/alarm-health?from=${to - (isWeek ? 7 : 1) * DAY_MS}&to=${to}`
  const { found, at, refused } = useLookedAt<AlarmHealth>(path, EVERY_MS)
  return (
    <Screen
      title={words.say('web.screen.alarms')}
      hint={words.say('web.health.alarms.hint')}
      aside={
        <FilterTabs
          base="/alarm-health"
          label={words.say('web.period')}
          chosen={isWeek ? 'week' : 'day'}
          options={[
            ['day', words.say('web.alarmHealth.day')],
            ['week', words.say('web.alarmHealth.week')],
          ]}
        />
      }
    >
      <AlarmPages />
      <StaleNote refused={refused} at={at} />
      {found === null && refused === null && <Skeletons count={3} height="h-40" />}
      {found && (
        <div class="grid items-start gap-3 lg:grid-cols-2">
          <Figures health={found} />
          <div class="grid min-w-0 gap-3">
            <RateChart health={found} />
            <PriorityMix health={found} />
          </div>
          <Rules title={words.say('web.alarmHealth.frequent')} rules={found.frequent} />
          <Rules
            title={words.say('web.alarmHealth.bad_actors')}
            hint={words.say('web.alarmHealth.bad_actors.means')}
            rules={found.badActors}
          />
        </div>
      )}
    </Screen>
  )
}

function Rules({ title, hint, rules }: { title: string; hint?: string; rules: readonly FrequentRule[] }) {
  const { words } = useApp()
  const role = useRole()
  const mayOpen = role !== null && may(role, 'readPlant')
  return (
    <Panel title={title}>
      {hint !== undefined && rules.length > 0 && <p class="quiet mb-2 text-sm">{hint}</p>}
      {rules.length === 0 ? (
        <p class="quiet text-sm">{words.say('web.alarmHealth.none')}</p>
      ) : (
        <ol class="grid gap-1.5 text-sm">
          {rules.map(({ rule, name, asset, assetName, count, lastAt }) => (
            <li key={rule} data-rule={rule} class="flex flex-wrap items-baseline gap-x-3">
              <span class="min-w-0 flex-1 basis-40 break-words">
                {words.of(name)} ·{' '}
                {mayOpen ? (
                  <a class="link" href={`/assets/${asset}`}>
                    {words.of(assetName)}
                  </a>
                ) : (
                  words.of(assetName)
                )}
              </span>
              <strong class="font-medium">{words.say('web.alarmHealth.times', { n: count })}</strong>
              <span class="quiet">{words.say('web.alarmHealth.last', { time: words.format.moment(lastAt) })}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
