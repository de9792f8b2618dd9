import { type SiteClock, wallNow } from './clock.ts'
import type { Pipeline } from './pipeline.ts'

const CHECK_MS = 1_000

type WallWatch = Readonly<{
  clock: SiteClock
  pipeline: Pick<Pipeline, 'record' | 'startedAfter'>
  epoch: string
  /** A wall that could not be believed was set, and the journal says so. */
  isSet(): void
  log(level: 'error', message: string, fields: object): void
}>

/**
 * A step of the wall clock moves no duration; it is journaled, and calendars follow it. A wall that could not be
 * believed and was set is more: what was read meanwhile can be dated, and site time itself begins anew (F17).
 */
export function watchWall({ clock, pipeline, epoch, isSet: told, log }: WallWatch): { cancel(): void } {
  const watch = { cancel: () => {} }
  let isTold = false
  const check = () => {
    const byMs = clock.takeStep()
    const isSet = clock.isSet() && !isTold
    isTold ||= isSet
    const dates = { after: pipeline.startedAfter, byMs: wallNow() - clock.now() }
    if (byMs !== 0 || isSet)
      pipeline.record({ type: 'clock.stepped', byMs, ...(isSet ? { dates } : {}), trace: epoch }).then(
        () => isSet && told(),
        (error: Error) => log('error', 'clock step not journaled', { error: error.message }),
      )
    watch.cancel = clock.delay(CHECK_MS, check)
  }
  check()
  return watch
}
