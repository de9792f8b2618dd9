import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Series, SeriesPoint } from '../../api/types.ts'
import type { Mark } from './mark.ts'

export type ChartParts = Readonly<{
  series: Series
  /** Two values further apart than this have a gap between them: a bin that reports every half hour has none. */
  validityMs: number
  marks: readonly Mark[]
  name: string
  figure(value: number): string
  time(ms: number): string
}>

/** So few values are seen as dots, too: one alone makes no line. */
const FEW = 60

/** Mean as a line inside the band from least to greatest; where nothing was heard there is a gap. Returns its end. */
export function drawChart(
  place: HTMLElement,
  { series, validityMs, marks, name, figure, time }: ChartParts,
): () => void {
  const style = getComputedStyle(place)
  const colour = (variable: string) => style.getPropertyValue(variable).trim()
  const [line, text, grid] = [colour('--color-primary'), colour('--color-base-content'), colour('--color-base-300')]
  const points = heardOf(series.points, validityMs)
  const at = points.map(({ t }) => Date.parse(t) / 1_000)
  const hasFew = points.length < FEW
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } }
  const chart = new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      cursor: { y: false },
      legend: { show: false },
      scales: { x: { range: [Date.parse(series.from) / 1_000, Date.parse(series.to) / 1_000] } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => time(tick * 1_000)), space: 110 },
        { ...axis, values: (_, ticks) => ticks.map((tick) => figure(tick)), size: 80 },
      ],
      series: [
        {},
        { label: `${name} min`, stroke: 'transparent', points: { show: false } },
        { label: `${name} max`, stroke: 'transparent', points: { show: false } },
        { label: name, stroke: line, width: 1.5, points: { show: hasFew, size: 5 } },
      ],
      bands: [{ series: [2, 1], fill: `color-mix(in srgb, ${line} 22%, transparent)` }],
      hooks: {
        draw: [(plot) => drawMarks(plot, marks, { alarm: colour('--color-error'), order: colour('--color-info') })],
      },
    },
    [at, points.map(({ min }) => min), points.map(({ max }) => max), points.map(({ mean }) => mean)],
    place,
  )
  const readout = followCursor(place, chart, (index) => {
    const point = points[index]
    return point?.mean == null ? null : `${time(Date.parse(point.t))} · ${figure(point.mean)}`
  })
  const resize = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: place.clientHeight }))
  resize.observe(place)
  return () => {
    resize.disconnect()
    readout.remove()
    chart.destroy()
  }
}

/** Stretches with a value; and one without, wherever nothing was heard for too long. */
function heardOf(points: readonly SeriesPoint[], validityMs: number): SeriesPoint[] {
  const heard: SeriesPoint[] = []
  let silent: SeriesPoint | null = null
  for (const point of points) {
    const last = heard.at(-1)
    if (point.mean === null) silent ??= point
    else {
      if (silent && last && Date.parse(point.t) - Date.parse(last.t) > validityMs + bucketMs(points)) heard.push(silent)
      heard.push(point)
      silent = null
    }
  }
  return heard
}

function bucketMs([first, second]: readonly SeriesPoint[]): number {
  return first && second ? Date.parse(second.t) - Date.parse(first.t) : 0
}

function drawMarks(plot: uPlot, marks: readonly Mark[], colours: Record<Mark['kind'], string>): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.lineWidth = 2 * devicePixelRatio
  for (const { kind, at } of marks) {
    const x = Math.round(plot.valToPos(at / 1_000, 'x', true))
    ctx.strokeStyle = colours[kind]
    ctx.setLineDash(kind === 'order' ? [6, 4] : [])
    ctx.beginPath()
    // An alarm and its order stand at nearly the same time: one above, one below.
    const top = kind === 'alarm' ? bbox.top : bbox.top + bbox.height / 2
    ctx.moveTo(x, top)
    ctx.lineTo(x, top + bbox.height / 2)
    ctx.stroke()
  }
  ctx.restore()
}

/** What stands under the cursor, as text in the corner: it covers nothing. */
function followCursor(place: HTMLElement, chart: uPlot, textAt: (index: number) => string | null): HTMLElement {
  const readout = document.createElement('output')
  readout.className = 'absolute top-1 right-2 text-xs font-medium pointer-events-none'
  place.append(readout)
  const show = () => {
    const index = chart.cursor.idx
    readout.textContent = index == null ? '' : (textAt(index) ?? '')
  }
  place.addEventListener('mousemove', show)
  return readout
}
