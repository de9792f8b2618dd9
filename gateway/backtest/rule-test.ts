import { parseDuration } from '#devices/duration.ts'
import type { Device } from '#devices/device.ts'
import { offlineAfterMs } from '#devices/profile.ts'
import { badReading, type Reading } from '#devices/reading.ts'
import type { Plan } from '#rules/plan.ts'
import { parseTime } from '../api/site-time.ts'
import type { RuleTest } from '../site/rule-file.ts'
import { Backtest } from './backtest.ts'

/** What an alarm did, ms after the beginning of the test; `alarm` without its device. */
export type Deed = Readonly<{ at: number; did: 'raised' | 'cleared'; alarm: string }>
export type RuleTestResult = Readonly<{
  name: string
  holds: boolean
  /** What was expected and did not come, and what came unexpected. */
  missing: readonly Deed[]
  unexpected: readonly Deed[]
}>

const SPEAKS_EVERY_MS = 5_000
/** Any moment serves where the time of day does not matter. */
const START = Date.UTC(2026, 0, 5, 2)

/**
 * A small series, written by hand, through the rules of its device. Values are said again and again until the next line,
 * as a device does; a delay ends at a reading or between two of them, so times hold within one `every`.
 */
export function runRuleTest(test: RuleTest, plan: Plan, device: Pick<Device, 'profile'>): RuleTestResult {
  const start = test.start === undefined ? START : (parseTime(test.start) ?? START)
  const everyMs =
    test.every === undefined ? Math.min(SPEAKS_EVERY_MS, offlineAfterMs(device.profile) / 2) : ms(test.every)
  const lines = test.given.map((line) => ({ ...line, from: ms(line.at) })).toSorted((a, b) => a.from - b.from)
  const expected = test.expect.flatMap(({ at, raised, cleared }): Deed[] => [
    ...(raised === undefined ? [] : [{ at: ms(at), did: 'raised' as const, alarm: raised }]),
    ...(cleared === undefined ? [] : [{ at: ms(at), did: 'cleared' as const, alarm: cleared }]),
  ])
  const last = Math.max(...lines.map(({ from }) => from), ...expected.map(({ at }) => at)) + everyMs
  const until = test.until === undefined ? last : ms(test.until)

  const came: Deed[] = []
  const backtest = new Backtest({
    plan,
    from: start,
    watch(event) {
      if (event.type !== 'alarm.raised' && event.type !== 'alarm.reoccurred' && event.type !== 'alarm.cleared') return
      const did = event.type === 'alarm.cleared' ? 'cleared' : 'raised'
      came.push({ at: event.at - start, did, alarm: event.rule.slice(event.rule.indexOf('/') + 1) })
    },
  })
  const values = new Map<string, NonNullable<(typeof lines)[number]['values']>[string]>()
  lines.forEach((line, i) => {
    for (const [point, value] of Object.entries(line.values ?? {})) values.set(point, value)
    if (line.silent) return
    const end = lines[i + 1]?.from ?? until + 1
    for (let at = line.from; at < end && at <= until; at += everyMs)
      backtest.take(
        start + at,
        [...values].map(([point, value]) => readingOf(test.device, point, value, start + at)),
      )
  })
  backtest.end(start + until, 0)

  const unexpected = [...came]
  const missing = expected.filter((deed) => {
    const found = unexpected.findIndex((other) => isSame(deed, other, everyMs))
    if (found >= 0) unexpected.splice(found, 1)
    return found < 0
  })
  return { name: test.name, holds: missing.length === 0 && unexpected.length === 0, missing, unexpected }
}

function isSame(expected: Deed, came: Deed, withinMs: number): boolean {
  const isAlarm = came.alarm === expected.alarm || came.alarm.replace(/\.[a-z]+$/, '') === expected.alarm
  return isAlarm && came.did === expected.did && Math.abs(came.at - expected.at) <= withinMs
}

type Told = NonNullable<RuleTest['given'][number]['values']>[string]

function readingOf(device: string, point: string, value: Told, at: number): Reading {
  if (typeof value === 'object') return badReading(device, point, at, value.bad)
  return { device, point, value, quality: 'good', at }
}

function ms(duration: string): number {
  return parseDuration(duration) ?? 0
}
