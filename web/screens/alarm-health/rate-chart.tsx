import type { AlarmHealth } from '../../api/alarm-types.ts'
import { useApp } from '../../app-context.ts'
import { Panel } from '../../parts/screen.tsx'

const HEIGHT = 100

/** The worst ten minutes of each stretch as a bar; the line is the goal. Said in words as well. */
export function RateChart({ health: { stretches, targets, from, to } }: { health: AlarmHealth }) {
  const { words } = useApp()
  const goal = targets.perOperatorAnd10Min
  const worst = stretches.reduce((a, b) => (b.most > a.most ? b : a), stretches[0] ?? { from, offered: 0, most: 0 })
  const top = Math.max(goal * 2, worst.most)
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT
  const said =
    worst.most === 0
      ? words.say('web.alarmHealth.chart.empty')
      : words.say('web.alarmHealth.chart.said', {
          most: words.format.number(worst.most),
          time: words.format.moment(worst.from),
          goal,
        })
  return (
    <Panel title={words.say('web.alarmHealth.chart')}>
      <div class="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 text-xs">
        <div aria-hidden="true" class="quiet flex h-32 flex-col justify-between text-right">
          <span>{words.format.number(top)}</span>
          <span>0</span>
        </div>
        <svg
          role="img"
          aria-label={said}
          viewBox={`0 0 ${stretches.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          class="border-base-300 h-32 w-full border-b"
        >
          {stretches.map(({ from: at, most }, index) => (
            <rect
              key={at}
              x={index + 0.1}
              width={0.8}
              y={y(most)}
              height={HEIGHT - y(most)}
              class={most > targets.flood ? 'fill-error' : most > goal ? 'fill-warning' : 'fill-primary'}
            />
          ))}
          <line
            x1={0}
            x2={stretches.length}
            y1={y(goal)}
            y2={y(goal)}
            vector-effect="non-scaling-stroke"
            stroke-dasharray="6 4"
            class="stroke-base-content"
          />
        </svg>
        <span />
        <div aria-hidden="true" class="quiet mt-1 flex justify-between">
          <span>{words.format.moment(from)}</span>
          <span>{words.format.moment(to)}</span>
        </div>
      </div>
      <p class="quiet mt-2 text-sm">{said}</p>
    </Panel>
  )
}
