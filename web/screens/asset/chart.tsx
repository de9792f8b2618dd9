import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Device, Point, Series } from '../../api/types.ts'
import type { Mark } from './mark.ts'
import type { drawChart } from './draw-chart.ts'

const DAY_MS = 25 * 3_600_000

type ChartProps = Readonly<{ series: Series | null | undefined; device: Device; point: Point; marks: readonly Mark[] }>

/** The chart engine is loaded when the first chart is looked at. The place keeps its height meanwhile. */
export function Chart({ series, device, point, marks }: ChartProps) {
  const { words, theme } = useApp()
  const place = useRef<HTMLDivElement>(null)
  const [draw, setDraw] = useState<{ chart: typeof drawChart } | null>(null)
  const hasFigures = series?.points.some(({ mean }) => mean !== null) ?? false
  const isLong = series != null && Date.parse(series.to) - Date.parse(series.from) > DAY_MS
  const within = marks.filter(({ at }) => series && at >= Date.parse(series.from) && at <= Date.parse(series.to))

  useEffect(() => {
    void import('./draw-chart.ts').then(({ drawChart }) => setDraw({ chart: drawChart }))
  }, [])
  useEffect(() => {
    if (!draw || !series || !hasFigures || !place.current) return
    return draw.chart(place.current, {
      series,
      validityMs: device.validityMs,
      marks: within,
      name: words.of(point.name),
      figure: (value) => words.figure(value, point.unit),
      time: (ms) => (isLong ? words.format.moment(ms) : words.format.clock(ms)),
    })
  }, [draw, series, hasFigures, theme.theme.value, words.language.value, JSON.stringify(within)])

  return (
    <figure>
      <div class="relative h-64">
        <div ref={place} class="h-full" data-chart={hasFigures ? 'drawn' : 'empty'} />
        {series !== undefined && !hasFigures && (
          <p class="quiet absolute inset-0 grid place-items-center text-center text-sm">
            {words.say(series?.points.some(({ n }) => n > 0) ? 'web.history.words' : 'web.history.empty')}
          </p>
        )}
      </div>
      <figcaption class="quiet mt-2 flex min-h-5 flex-wrap gap-x-4 text-xs">
        {series && hasFigures && <span>{summary(words, series, point)}</span>}
        <span class="flex items-center gap-1.5">
          <span aria-hidden="true" class="bg-error inline-block h-3 w-0.5" /> {words.say('web.step.alarm')}
        </span>
        <span class="flex items-center gap-1.5">
          <span aria-hidden="true" class="bg-info inline-block h-3 w-0.5" /> {words.say('web.step.order')}
        </span>
      </figcaption>
    </figure>
  )
}

/** The chart in words, for whoever does not see it. */
function summary(words: ReturnType<typeof useApp>['words'], { points }: Series, point: Point): string {
  const lows = points.flatMap(({ min }) => (min === null ? [] : [min]))
  const highs = points.flatMap(({ max }) => (max === null ? [] : [max]))
  return words.say('web.history.summary', {
    name: words.of(point.name),
    low: words.figure(Math.min(...lows), point.unit),
    high: words.figure(Math.max(...highs), point.unit),
  })
}
