import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Alarm, Device, Order, Point, Series } from '../../api/types.ts'
import { Panel } from '../../parts/screen.tsx'
import { Chart } from './chart.tsx'
import type { Mark } from './mark.ts'
import { type Range, RANGES, rangeOf } from './ranges.ts'

const BUCKETS = 240
/** The smallest chart moves on; a longer one need not. */
const READ_EVERY_MS = 15_000

type HistoryProps = Readonly<{ devices: readonly Device[]; alarms: readonly Alarm[]; orders: readonly Order[] }>

/** One point over time. What is shown stands in the address, so that a link shows the same. */
export function History({ devices, alarms, orders }: HistoryProps) {
  const { words } = useApp()
  const { query, path, route } = useLocation()
  const choices = devices.flatMap((device) => device.points.map((point) => ({ device, point })))
  const chosen =
    choices.find(({ device, point }) => keyOf(device, point) === query.point) ?? choices.find(isFigure) ?? choices[0]
  const range = rangeOf(query.range)
  const series = useSeries(chosen?.device.id, chosen?.point.point, range)
  if (!chosen) return null
  const go = (point: string, next: Range) => route(`${path}?${new URLSearchParams({ point, range: next })}`, true)
  const here = keyOf(chosen.device, chosen.point)
  return (
    <Panel
      title={words.say('web.history')}
      aside={
        <div class="join" role="group" aria-label={words.say('web.history.range')}>
          {(Object.keys(RANGES) as Range[]).map((word) => (
            <button
              key={word}
              type="button"
              aria-pressed={word === range}
              class={`btn btn-sm touch join-item px-2.5 ${word === range ? 'btn-primary' : ''}`}
              onClick={() => go(here, word)}
            >
              {words.format.duration(RANGES[word])}
            </button>
          ))}
        </div>
      }
    >
      <select
        class="select touch mb-3 w-full sm:w-72"
        aria-label={words.say('web.history.point')}
        value={here}
        onChange={(event) => go(event.currentTarget.value, range)}
      >
        {choices.map(({ device, point }) => (
          <option key={keyOf(device, point)} value={keyOf(device, point)}>
            {devices.length > 1 ? `${device.id} · ` : ''}
            {words.of(point.name)}
            {point.unit ? ` (${point.unit})` : ''}
          </option>
        ))}
      </select>
      <Chart series={series} device={chosen.device} point={chosen.point} marks={marksOf(alarms, orders, words.of)} />
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

/** Undefined while it is read. */
function useSeries(device: string | undefined, point: string | undefined, range: Range): Series | null | undefined {
  const { connection, estate } = useApp()
  const [series, setSeries] = useState<Series | null | undefined>(undefined)
  useEffect(() => {
    if (device === undefined || point === undefined) return
    let isWanted = true
    setSeries(undefined)
    const read = () => {
      const to = Math.round(estate.clock.now.peek())
      const query = new URLSearchParams({ from: `${to - RANGES[range]}`, to: `${to}`, buckets: `${BUCKETS}` })
      const path = `/points/${encodeURIComponent(device)}/${encodeURIComponent(point)}/series?${query}`
      connection.getIfThere<Series>(path).then(
        (found) => isWanted && setSeries(found),
        // Busy or away: the next look may succeed; what is drawn stays.
        () => {},
      )
    }
    read()
    const timer = setInterval(read, READ_EVERY_MS)
    return () => {
      isWanted = false
      clearInterval(timer)
    }
  }, [device, point, range])
  return series
}
