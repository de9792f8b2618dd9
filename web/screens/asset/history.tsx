import { useLocation } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import type { Alarm, Device, Order, Point } from '../../api/types.ts'
import { Refused } from '../../parts/action.tsx'
import { Panel } from '../../parts/screen.tsx'
import type { ChartCommand } from './chart-tools.tsx'
import { Chart } from './chart.tsx'
import type { Mark } from './mark.ts'
import { useSeries } from './series.ts'
import { fitted, moved, queryOf, type Range, RANGES, type Span, spanOf, type View, viewOf, zoomed } from './view.ts'

type HistoryProps = Readonly<{ devices: readonly Device[]; alarms: readonly Alarm[]; orders: readonly Order[] }>

const STEP = 0.25
const CLOSER = 0.5

/** One point over time. What is shown stands in the address, so that a link shows the same, and the way back leads back. */
export function History({ devices, alarms, orders }: HistoryProps) {
  const { words, estate } = useApp()
  const { query, path, route } = useLocation()
  const choices = devices.flatMap((device) => device.points.map((point) => ({ device, point })))
  const chosen =
    choices.find(({ device, point }) => keyOf(device, point) === query.point) ?? choices.find(isFigure) ?? choices[0]
  const view = viewOf(query)
  const { series, refused } = useSeries(chosen?.device.id, chosen?.point.point, view)
  if (!chosen) return null
  const here = keyOf(chosen.device, chosen.point)
  const go = (next: Partial<View>, point = here, isOneStep = false) =>
    route(`${path}?${queryOf(point, { ...view, ...next })}`, isOneStep)

  const act = (command: ChartCommand) => {
    const now = estate.clock.now.peek()
    const span = spanOf(view, now)
    // Steps by the key or the button are one look: the way back leads to where it began.
    const step = (next: Span) => go({ span: next }, here, view.span !== null)
    if (command === 'closer') step(zoomed(span, CLOSER, now))
    else if (command === 'further') step(zoomed(span, 1 / CLOSER, now))
    else if (command === 'earlier') step(moved(span, -STEP, now))
    else if (view.span !== null && command === 'later') step(moved(span, STEP, now))
    else if (view.span !== null) go({ span: null })
  }

  return (
    <Panel
      title={words.say('web.history')}
      aside={
        <div class="join" role="group" aria-label={words.say('web.history.range')}>
          {(Object.keys(RANGES) as Range[]).map((word) => {
            const isChosen = word === view.range && view.span === null
            return (
              <button
                key={word}
                type="button"
                aria-pressed={isChosen}
                data-range={word}
                class={`btn btn-sm touch join-item px-2.5 ${isChosen ? 'btn-primary' : ''}`}
                onClick={() => go({ range: word, span: null })}
              >
                {words.format.duration(RANGES[word])}
              </button>
            )
          })}
        </div>
      }
    >
      <Chart
        series={series}
        device={chosen.device}
        point={chosen.point}
        marks={marksOf(alarms, orders, words.of)}
        choice={
          <select
            class="select touch w-full lg:w-auto lg:min-w-48 lg:flex-1"
            aria-label={words.say('web.history.point')}
            value={here}
            onChange={(event) => go({}, event.currentTarget.value)}
          >
            {choices.map(({ device, point }) => (
              <option key={keyOf(device, point)} value={keyOf(device, point)}>
                {devices.length > 1 ? `${device.id} · ` : ''}
                {words.of(point.name)}
                {point.unit ? ` (${point.unit})` : ''}
              </option>
            ))}
          </select>
        }
        isZoomed={view.span !== null}
        act={act}
        onSpan={(span) => go({ span: fitted(span, estate.clock.now.peek()) })}
      />
      <Refused text={refused} />
    </Panel>
  )
}

function keyOf(device: Device, { point }: Point): string {
  return `${device.id}.${point}`
}

function isFigure({ point }: { point: Point }): boolean {
  return point.unit !== null
}

function marksOf(alarms: readonly Alarm[], orders: readonly Order[], of: (text: Alarm['name']) => string): Mark[] {
  return [
    ...alarms.map(({ raisedAt, name }) => ({ kind: 'alarm' as const, at: Date.parse(raisedAt), text: of(name) })),
    ...orders.map(({ openedAt, id }) => ({ kind: 'order' as const, at: Date.parse(openedAt), text: id })),
  ]
}
