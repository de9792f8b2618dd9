import { useApp } from '../../app-context.ts'
import type { Point, Series } from '../../api/types.ts'
import type { Words } from '../../words/words.ts'
import type { Stretch } from './stretches.ts'

type LegendProps = Readonly<{
  series: Series | null
  point: Point
  stretches: readonly Stretch[]
  hasFigures: boolean
}>

/** The chart in words, for whoever does not see it; what its marks mean; and where its figures come from. */
export function Legend({ series, point, stretches, hasFigures }: LegendProps) {
  const { words } = useApp()
  return (
    <figcaption class="quiet mt-2 grid min-h-10 content-start gap-1 text-xs">
      <span class="flex min-h-5 flex-wrap gap-x-4 gap-y-1">
        {series && hasFigures && <span>{summary(words, series, point)}</span>}
        <span class="flex items-center gap-1.5">
          <span aria-hidden="true" class="bg-error inline-block h-3 w-0.5" /> {words.say('web.step.alarm')}
        </span>
        <span class="flex items-center gap-1.5">
          <span aria-hidden="true" class="bg-info inline-block h-3 w-0.5" /> {words.say('web.step.order')}
        </span>
        {(['bad', 'uncertain'] as const).map((quality) => {
          const lasted = stretches.reduce((sum, each) => sum + (each.quality === quality ? each.to - each.from : 0), 0)
          return lasted === 0 ? null : (
            <span key={quality} class="flex items-center gap-1.5" data-hatched={quality}>
              <span
                aria-hidden="true"
                class={`inline-block h-3 w-4 ${quality === 'bad' ? 'hatch-bad text-error' : 'hatch-uncertain text-warning'}`}
              />
              {words.say(`web.quality.${quality}`)} {words.format.duration(lasted)}
            </span>
          )
        })}
      </span>
      {series?.source !== undefined && <span>{words.say(`web.chart.source.${series.source}`)}</span>}
    </figcaption>
  )
}

function summary(words: Words, { points }: Series, point: Point): string {
  const lows = points.flatMap(({ min }) => (min === null ? [] : [min]))
  const highs = points.flatMap(({ max }) => (max === null ? [] : [max]))
  return words.say('web.history.summary', {
    name: words.of(point.name),
    low: words.figure(Math.min(...lows), point.unit),
    high: words.figure(Math.max(...highs), point.unit),
  })
}
