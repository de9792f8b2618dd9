import t from 'tap'
import type { Batch } from '#devices/reading.ts'
import { runSources } from '#gateway/sources.ts'
import type { Source } from '#ingest/source.ts'
import { until } from '../fakes/until.ts'

const NO_HEALTH = { state: 'running', devices: [] } as const

/** Back-off in real time would make the test wait: here each pause is noted and over at once. */
function impatientClock() {
  const pauses: number[] = []
  return {
    pauses,
    delay(ms: number, run: () => void) {
      pauses.push(ms)
      const soon = setImmediate(run)
      return () => clearImmediate(soon)
    },
  }
}

t.test('F14 a source that throws is started again alone, with backoff; the others run on', async (t) => {
  const stop = new AbortController()
  const clock = impatientClock()
  const seen: string[] = []
  let starts = 0
  const throwing: Source = {
    name: 'throwing',
    async run() {
      starts++
      await Promise.resolve()
      throw new Error('driver broke')
    },
    health: () => ({ source: 'throwing', ...NO_HEALTH }),
  }
  const rejecting: Source = {
    name: 'synchronous',
    run() {
      throw new Error('broke before the first await')
    },
    health: () => ({ source: 'synchronous', ...NO_HEALTH }),
  }
  const steady: Source = {
    name: 'steady',
    async run(emit, signal) {
      while (!signal.aborted) {
        await emit({ source: 'steady', receivedAt: 0, readings: [] }, 'flow')
        await new Promise(setImmediate)
      }
    },
    health: () => ({ source: 'steady', ...NO_HEALTH }),
  }
  const warnings: string[] = []
  const runner = runSources(
    [throwing, rejecting, steady],
    (batch: Batch) => {
      seen.push(batch.source)
      return Promise.resolve()
    },
    stop.signal,
    clock,
    (_, message, fields) => warnings.push(`${message} ${JSON.stringify(fields)}`),
  )
  await until('eight lives', () => starts >= 8 && seen.length > 20)
  t.equal(runner.restarts().get('steady'), 0, 'the healthy one was left alone')
  t.ok(runner.restarts().get('throwing')! >= 7)
  t.ok(runner.restarts().get('synchronous')! >= 7)
  t.strictSame(
    [...new Set(clock.pauses)].slice(0, 7),
    [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000],
    'patience grows to a minute',
  )
  t.match(warnings[0], /driver broke|broke before/)
  stop.abort()
  await runner.finished
})

t.test('one that had worked begins again with patience', async (t) => {
  const stop = new AbortController()
  const clock = impatientClock()
  let starts = 0
  const flaky: Source = {
    name: 'flaky',
    async run(emit) {
      if (++starts >= 5) await emit({ source: 'flaky', receivedAt: 0, readings: [] }, 'flow')
      throw new Error('again')
    },
    health: () => ({ source: 'flaky', ...NO_HEALTH }),
  }
  const runner = runSources(
    [flaky],
    () => Promise.resolve(),
    stop.signal,
    clock,
    () => {},
  )
  await until('six lives', () => starts >= 6)
  t.strictSame(clock.pauses.slice(0, 5), [1_000, 2_000, 4_000, 8_000, 1_000])
  stop.abort()
  await runner.finished
})
