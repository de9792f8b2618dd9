import type { AlarmHealth } from '../../api/alarm-types.ts'
import { useApp } from '../../app-context.ts'
import { Panel } from '../../parts/screen.tsx'
import { percent } from './percent.ts'

const FILLS = { high: 'fill-error', medium: 'fill-warning', low: 'fill-info' } as const

/** How grave what was announced was. The figures know three priorities: critical counts as high. */
export function PriorityMix({ health: { priorities, targets, announced, counted } }: { health: AlarmHealth }) {
  const { words } = useApp()
  const shares = {
    high: priorities.critical.share + priorities.high.share,
    medium: priorities.medium.share,
    low: priorities.low.share,
  }
  return (
    <Panel title={words.say('web.alarmHealth.mix')}>
      {announced + counted === 0 ? (
        <p class="quiet text-sm">{words.say('web.alarmHealth.chart.empty')}</p>
      ) : (
        <ul class="grid gap-3 text-sm">
          {(['high', 'medium', 'low'] as const).map((priority) => (
            <li key={priority} data-mix={priority}>
              <span class="flex flex-wrap justify-between gap-x-3">
                <span>{words.say(priority === 'high' ? 'web.alarmHealth.mix.high' : `web.priority.${priority}`)}</span>
                <span>
                  {words.say('web.alarmHealth.mix.of', {
                    share: percent(words, shares[priority]),
                    goal: percent(words, targets.shares[priority]),
                  })}
                </span>
              </span>
              <svg aria-hidden="true" viewBox="0 0 100 4" preserveAspectRatio="none" class="mt-1 h-3 w-full">
                <rect width="100" height="4" rx="0.5" class="fill-base-300" />
                <rect width={shares[priority] * 100} height="4" class={FILLS[priority]} />
                <rect x={targets.shares[priority] * 100 - 0.3} width="0.6" height="4" class="fill-base-content" />
              </svg>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
