import { useEffect, useState } from 'preact/hooks'
import { Refusal } from '../../api/connection.ts'
import type { Series } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { spanOf, type View } from './view.ts'

const BUCKETS = 240
/** The latest moves on; a stretch that is over does not. */
const READ_EVERY_MS = 15_000

/** `series` is undefined while it is read and null where there is none; `refused` says why it could not be read. */
export type SeriesRead = Readonly<{ series: Series | null | undefined; refused: string | null }>
type Known = SeriesRead & Readonly<{ of: string }>

export function useSeries(device: string | undefined, point: string | undefined, view: View): SeriesRead {
  const { connection, estate, words } = useApp()
  const of = `${device}/${point}`
  const [known, setKnown] = useState<Known>({ of, series: undefined, refused: null })
  useEffect(() => {
    if (device === undefined || point === undefined) return
    let isWanted = true
    const read = () => {
      const { from, to } = spanOf(view, Math.round(estate.clock.now.peek()))
      const query = new URLSearchParams({ from: `${from}`, to: `${to}`, buckets: `${BUCKETS}` })
      const path = `/points/${encodeURIComponent(device)}/${encodeURIComponent(point)}/series?${query}`
      connection.getIfThere<Series>(path).then(
        (series) => isWanted && setKnown({ of, series, refused: null }),
        (error) => {
          const refused = error instanceof Refusal ? error.message : words.say('web.line.away')
          // What is drawn stays; the next look may succeed.
          if (isWanted) setKnown((last) => ({ of, series: last.of === of ? last.series : undefined, refused }))
        },
      )
    }
    read()
    const timer = setInterval(read, READ_EVERY_MS)
    return () => {
      isWanted = false
      clearInterval(timer)
    }
  }, [device, point, view.range, view.span?.from, view.span?.to])
  return known.of === of ? known : { series: undefined, refused: null }
}
