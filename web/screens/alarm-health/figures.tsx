import type { AlarmHealth } from '../../api/alarm-types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/screen.tsx'
import { percent } from './percent.ts'

type Figure = Readonly<{ name: string; value: string; goal?: string; isGood?: boolean; more?: string }>

/** Each figure with that of EEMUA 191 beside it, and whether it is kept. */
export function Figures({ health }: { health: AlarmHealth }) {
  const { words } = useApp()
  const { targets, perOperatorAnd10Min: rate, floods, kept } = health
  const number = words.format.number
  const share = (value: number) => percent(words, value)
  const figures: Figure[] = [
    {
      name: words.say('web.alarmHealth.rate'),
      value: number(rate.mean),
      goal: words.say('web.alarmHealth.rate.goal', { n: targets.perOperatorAnd10Min }),
      isGood: rate.mean <= targets.perOperatorAnd10Min,
      more: `${words.say('web.alarmHealth.within')} ${share(rate.shareWithinTarget)}`,
    },
    {
      name: words.say('web.alarmHealth.most'),
      value: number(rate.most),
      goal: words.say('web.alarmHealth.most.goal', { n: targets.flood }),
      isGood: rate.most <= targets.flood,
    },
    {
      name: words.say('web.alarmHealth.floods'),
      value: number(floods.count),
      goal: words.say('web.alarmHealth.floods.goal'),
      isGood: floods.count === 0,
      more: words.say('web.alarmHealth.floods.share', { share: share(floods.shareOfTime) }),
    },
    { name: words.say('web.alarmHealth.standing'), value: number(health.standing) },
    {
      name: words.say('web.alarmHealth.stale'),
      value: number(health.stale),
      goal: words.say('web.alarmHealth.stale.goal', { n: targets.staleFewerThan }),
      isGood: health.stale < targets.staleFewerThan,
    },
    {
      name: words.say('web.alarmHealth.kept'),
      value: number(kept.shelved + kept.suppressed + kept.outOfService),
      more: words.say('web.alarmHealth.kept.text', {
        shelved: kept.shelved,
        suppressed: kept.suppressed,
        out: kept.outOfService,
      }),
    },
    {
      name: words.say('web.alarmHealth.announced'),
      value: number(health.announced),
      more: words.say('web.alarmHealth.announced.more', { counted: health.counted, silent: health.silent }),
    },
  ]
  return (
    <Panel title={words.say('web.alarmHealth.figures')}>
      <dl class="divide-base-300 grid divide-y text-sm">
        {figures.map(({ name, value, goal, isGood, more }) => (
          <div key={name} class="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 py-2">
            <dt class="min-w-0">{name}</dt>
            <dd class="text-right text-base font-semibold">{value}</dd>
            {(goal ?? more) !== undefined && (
              <dd class="quiet col-span-2 flex flex-wrap items-center gap-x-3 gap-y-1">
                {goal !== undefined && <span>{words.say('web.alarmHealth.goal', { goal })}</span>}
                {isGood !== undefined && (
                  <span
                    class={`inline-flex items-center gap-1 ${isGood ? 'text-success' : 'text-warning font-medium'}`}
                  >
                    <Icon name={isGood ? 'circle-check' : 'triangle-alert'} />
                    {words.say(isGood ? 'web.alarmHealth.ok' : 'web.alarmHealth.bad')}
                  </span>
                )}
                {more !== undefined && <span>{more}</span>}
              </dd>
            )}
          </div>
        ))}
      </dl>
    </Panel>
  )
}
