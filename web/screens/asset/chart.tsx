import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Device, Point, Series } from '../../api/types.ts'
import type { Words } from '../../words/words.ts'
import { ChartTools, type ChartCommand, KEYS } from './chart-tools.tsx'
import { csvOf, fileNameOf, rowsOf } from './csv.ts'
import type { Chart as Drawn, drawChart } from './draw-chart.ts'
import { Legend } from './legend.tsx'
import type { Mark } from './mark.ts'
import { save } from './save.ts'
import { stretchesOf } from './stretches.ts'
import type { Span } from './view.ts'

const DAY_MS = 25 * 3_600_000
const MINUTES_MS = 15 * 60_000

type ChartProps = Readonly<{
  /** Undefined while it is read; null when it cannot be. */
  series: Series | null | undefined
  device: Device
  point: Point
  marks: readonly Mark[]
  /** What else could be drawn. */
  choice: ComponentChildren
  isZoomed: boolean
  act: (command: ChartCommand) => void
  onSpan: (span: Span) => void
}>

/** The chart engine is loaded when the first chart is looked at. The place keeps its height meanwhile. */
export function Chart({ series, device, point, marks, choice, isZoomed, act, onSpan }: ChartProps) {
  const { words, theme, estate } = useApp()
  const place = useRef<HTMLDivElement>(null)
  const drawn = useRef<Drawn | null>(null)
  const hand = useRef(onSpan)
  hand.current = onSpan
  const [engine, setEngine] = useState<{ draw: typeof drawChart } | null>(null)
  const timeZone = estate.site.value?.timeZone ?? 'UTC'
  const name = words.of(point.name)
  const key = `${device.id}.${point.point}`
  const content = useMemo(() => contentOf(series ?? null, device.validityMs), [series])
  const within = marks.filter(({ at }) => series && at >= Date.parse(series.from) && at <= Date.parse(series.to))
  const drawing = series ? { series, validityMs: device.validityMs, marks: within, stretches: content.stretches } : null

  useEffect(() => {
    void import('./draw-chart.ts').then(({ drawChart }) => setEngine({ draw: drawChart }))
  }, [])
  useEffect(() => {
    if (!engine || !drawing || !content.isDrawn || !place.current) return
    const chart = engine.draw(place.current, drawing, {
      name,
      timeZone,
      figure: (value) => words.figure(value, point.unit),
      time: (ms, spanMs) => timeText(words, ms, spanMs),
      onSpan: (span) => hand.current(span),
    })
    drawn.current = chart
    return () => {
      drawn.current = null
      chart.end()
    }
  }, [engine, content.isDrawn, key, theme.theme.value, words.language.value, timeZone])
  useEffect(() => {
    if (drawing) drawn.current?.show(drawing)
  }, [series, JSON.stringify(within)])

  const onKeyDown = (event: KeyboardEvent) => {
    const command = KEYS[event.key]
    // In the list of points the arrows choose a point.
    if (event.target instanceof HTMLSelectElement) return
    if (command === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act(command)
  }
  const saveFigures = () => {
    if (!series) return
    const unit = point.unit ? ` (${point.unit})` : ''
    const header = [
      words.say('web.chart.column.time', { zone: timeZone }),
      ...(['mean', 'min', 'max'] as const).map((each) => `${name} ${words.say(`web.chart.column.${each}`)}${unit}`),
      words.say('web.chart.column.n'),
      words.say('web.chart.column.quality'),
    ]
    const text = csvOf(
      header,
      rowsOf(series.points, (quality) => words.sayCode('quality', quality)),
    )
    save(`${fileNameOf(key, series)}.csv`, new Blob([text], { type: 'text/csv;charset=utf-8' }))
  }
  const savePicture = () => {
    if (!series) return
    const times = [series.from, series.to].map((at) => words.format.day(at)).join(' – ')
    void drawn.current
      ?.picture(`${name} · ${key} · ${times}`)
      .then((picture) => picture && save(`${fileNameOf(key, series)}.png`, picture))
  }

  return (
    <figure onKeyDown={onKeyDown}>
      <ChartTools
        choice={choice}
        isZoomed={isZoomed}
        hasFigures={content.isDrawn}
        act={act}
        savePicture={savePicture}
        saveFigures={saveFigures}
      />
      <div
        class="rounded-field relative h-64"
        role="group"
        tabIndex={0}
        onDblClick={() => act('back')}
        aria-label={words.say('web.chart.keys', { name })}
        data-chart={content.isDrawn ? 'drawn' : 'empty'}
        data-from={series?.from}
        data-to={series?.to}
        data-stretches={content.stretches.length}
      >
        <div ref={place} class="h-full" />
        {series !== undefined && !content.isDrawn && (
          <p class="quiet absolute inset-0 grid place-items-center text-center text-sm">
            {words.say(content.isWords ? 'web.history.words' : 'web.history.empty')}
          </p>
        )}
      </div>
      <Legend series={series ?? null} point={point} stretches={content.stretches} hasFigures={content.hasFigures} />
    </figure>
  )
}

function contentOf(series: Series | null, validityMs: number) {
  const points = series?.points ?? []
  const hasFigures = points.some(({ mean }) => mean !== null)
  const isWords = !hasFigures && points.some(({ n }) => n > 0)
  const stretches = stretchesOf(points, validityMs)
  return { hasFigures, isWords, stretches, isDrawn: hasFigures || (stretches.length > 0 && !isWords) }
}

function timeText({ format }: Words, ms: number, spanMs: number): string {
  if (spanMs > DAY_MS) return format.moment(ms)
  return spanMs < MINUTES_MS ? format.time(ms) : format.clock(ms)
}
