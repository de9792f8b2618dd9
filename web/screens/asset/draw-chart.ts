import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Series, SeriesPoint } from '../../api/types.ts'
import { drawMarks, drawStretches } from './chart-marks.ts'
import type { Mark } from './mark.ts'
import { pictureOf } from './picture.ts'
import { heardOf, type Stretch } from './stretches.ts'
import type { Span } from './view.ts'

export type Drawing = Readonly<{
  series: Series
  /** Two values further apart than this have a gap between them. */
  validityMs: number
  marks: readonly Mark[]
  stretches: readonly Stretch[]
}>
export type ChartParts = Readonly<{
  name: string
  timeZone: string
  figure(value: number): string
  /** `spanMs` is how much is seen: the longer, the coarser. */
  time(ms: number, spanMs: number): string
  /** Somebody drew over a stretch. */
  onSpan(span: Span): void
}>
export type Chart = Readonly<{
  /** What is seen is exchanged; a hand that is drawing over it is not disturbed. */
  show(drawing: Drawing): void
  picture(title: string): Promise<Blob | null>
  end(): void
}>

/** So few values are seen as dots, too: one alone makes no line. */
const FEW = 60
/** A hand that draws over less did not mean to. */
const SHORTEST_PX = 6

/** A figure has two digits after its point at most: finer steps would say the same one twice. */
const STEPS = [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power))

/** Mean as a line inside the band from least to greatest; what was not good is hatched, what was not heard is a gap. */
export function drawChart(place: HTMLElement, first: Drawing, parts: ChartParts): Chart {
  const { name, timeZone, figure, time, onSpan } = parts
  const style = getComputedStyle(place)
  const colour = (variable: string) => style.getPropertyValue(variable).trim()
  const [line, text, grid] = [colour('--color-primary'), colour('--color-base-content'), colour('--color-base-300')]
  const font = `12px ${style.fontFamily}`
  let shown = first
  let points = pointsOf(first)
  const spanMs = () => Date.parse(shown.series.to) - Date.parse(shown.series.from)
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } }
  const chart = new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), timeZone),
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        bind: {
          // Whoever stands around it goes back; by itself it would go anywhere.
          dblclick: () => null,
        },
      },
      legend: { show: false },
      scales: { x: { range: () => [secondsOf(shown.series.from), secondsOf(shown.series.to)] } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => time(tick * 1_000, spanMs())), space: 110 },
        { ...axis, values: (_, ticks) => ticks.map((tick) => figure(tick)), incrs: STEPS, size: 80 },
      ],
      series: [
        {},
        { label: `${name} min`, stroke: 'transparent', points: { show: false } },
        { label: `${name} max`, stroke: 'transparent', points: { show: false } },
        { label: name, stroke: line, width: 1.5, points: { show: () => points.length < FEW, size: 5 } },
      ],
      bands: [{ series: [2, 1], fill: `color-mix(in srgb, ${line} 22%, transparent)` }],
      hooks: {
        drawAxes: [
          (plot) =>
            drawStretches(plot, shown.stretches, {
              bad: colour('--color-error'),
              uncertain: colour('--color-warning'),
            }),
        ],
        draw: [
          (plot) => drawMarks(plot, shown.marks, { alarm: colour('--color-error'), order: colour('--color-info') }),
        ],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select
            if (width < SHORTEST_PX) return
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            onSpan({ from: plot.posToVal(left, 'x') * 1_000, to: plot.posToVal(left + width, 'x') * 1_000 })
          },
        ],
      },
    },
    dataOf(points, first.series),
    place,
  )
  const readout = followCursor(place, chart, (index) => {
    const point = points[index]
    if (point?.mean == null) return null
    const band = point.min === point.max ? '' : ` (${figure(point.min!)} – ${figure(point.max!)})`
    return `${time(Date.parse(point.t), 0)} · ${figure(point.mean)}${band}`
  })
  const resize = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: place.clientHeight }))
  resize.observe(place)
  return {
    show(drawing) {
      shown = drawing
      points = pointsOf(drawing)
      chart.setData(dataOf(points, drawing.series))
    },
    picture: (title) =>
      pictureOf(chart.ctx.canvas, { title, font: style.fontFamily, text, ground: colour('--color-base-100') }),
    end() {
      resize.disconnect()
      readout.remove()
      chart.destroy()
    },
  }
}

function pointsOf({ series, validityMs }: Drawing): SeriesPoint[] {
  return heardOf(series.points, validityMs)
}

function secondsOf(iso: string): number {
  return Date.parse(iso) / 1_000
}

function dataOf(points: readonly SeriesPoint[], { from, to }: Series): uPlot.AlignedData {
  // Where nothing has a figure, the axis of time still needs its two ends.
  if (points.length === 0)
    return [
      [secondsOf(from), secondsOf(to)],
      [null, null],
      [null, null],
      [null, null],
    ]
  return [
    points.map(({ t }) => secondsOf(t)),
    points.map(({ min }) => min),
    points.map(({ max }) => max),
    points.map(({ mean }) => mean),
  ]
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
