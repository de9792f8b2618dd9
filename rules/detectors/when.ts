import type { Reading } from '#devices/reading.ts'
import type { Evidence } from '../event.ts'
import type { Rule, Watch } from '../plan.ts'
import type { Json } from '../stage.ts'
import { evaluation } from './evaluation.ts'
import type { Judgement, Verdict } from './judgement.ts'

/**
 * A CEL condition over the points of one device. With `until` it has a hysteresis of its own, as limits have theirs;
 * a pulse is remembered until then, for a button is let go long before its delay is over.
 */
export function whenJudgement(
  watch: Extract<Watch, { kind: 'when' }>,
  { validityMs }: Pick<Rule, 'validityMs'>,
): Judgement {
  const condition = evaluation(watch.condition, validityMs)
  const until = watch.until ? evaluation(watch.until, validityMs) : null
  const shown = condition.points[0]
  let newest: Reading | null = null
  /** A pulse was seen, and nothing has ended it. */
  let isOn = false

  const pulsed = (): Omit<Verdict, 'evidence'> => {
    const holds = condition.state()
    if (holds.state === 'true') isOn = true
    else if (until?.state().state === 'true') isOn = false
    return isOn ? { state: 'true' } : holds
  }
  const said = (known: 'true' | 'false'): Omit<Verdict, 'evidence'> => {
    const holds = condition.state()
    if (!until || known === 'false' || holds.state === 'true') return holds
    const over = until.state()
    if (over.state === 'unknown') return over
    return { state: over.state === 'true' ? 'false' : 'true' }
  }
  return {
    points: [...new Set([...condition.points, ...(until?.points ?? [])])],
    take(reading) {
      condition.take(reading)
      until?.take(reading)
      if (reading.point === shown) newest = reading
    },
    verdict(known) {
      const evidence: Evidence = newest ? { point: newest.point, value: newest.value, at: newest.at } : { at: 0 }
      return { ...(watch.isPulse ? pulsed() : said(known)), evidence }
    },
    memory: () => [condition.memory(), until?.memory() ?? null, isOn],
    recall(memory) {
      const [own, end, on = false] = memory as [Json, Json, boolean?]
      isOn = on
      condition.recall(own)
      if (end !== null) until?.recall(end)
    },
  }
}
