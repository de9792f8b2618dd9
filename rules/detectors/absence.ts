import type { Rule, Watch } from '../plan.ts'
import type { Judgement } from './judgement.ts'

/**
 * No reading of a point for so long, while the device itself may speak well. A bad reading is none. It looks at all
 * points of the device, for the time runs from the first word of the device: a point that never comes is absent, too.
 */
export function absenceJudgement(watch: Extract<Watch, { kind: 'absence' }>, rule: Pick<Rule, 'device'>): Judgement {
  const { forMs } = watch
  /** Site time at which each was heard last. */
  const heard = new Map<string, number>()
  let justHeard: string[] = []
  const oldest = () => watch.only.reduce((a, b) => ((heard.get(b) ?? Infinity) < (heard.get(a) ?? Infinity) ? b : a))
  return {
    points: null,
    take({ device, point, quality, value }) {
      if (device === rule.device && quality !== 'bad' && value !== null && watch.only.includes(point))
        justHeard.push(point)
    },
    verdict(_, at) {
      for (const point of watch.only) if (!heard.has(point)) heard.set(point, at)
      for (const point of justHeard) heard.set(point, at)
      justHeard = []
      const point = oldest()
      const since = heard.get(point)!
      const isAbsent = at - since >= forMs
      return {
        state: isAbsent ? 'true' : 'false',
        evidence: { point, value: null, ...(isAbsent ? { reason: 'silent' } : {}), at: since },
      }
    },
    silentAt(heardAt) {
      const since = heard.get(oldest()) ?? heardAt
      return { at: since + forMs, since }
    },
    // Nobody listened meanwhile.
    resume(at) {
      for (const [point, since] of heard) heard.set(point, Math.max(since, at))
    },
    memory: () => Object.fromEntries(heard),
    recall(memory) {
      justHeard = []
      heard.clear()
      for (const [point, at] of Object.entries(memory as Record<string, number>)) heard.set(point, at)
    },
  }
}
