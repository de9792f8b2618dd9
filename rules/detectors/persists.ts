import type { Reading } from '#devices/reading.ts'
import type { Evidence } from '../event.ts'
import type { Held, PersistsWatch, Rule } from '../plan.ts'
import type { Json } from '../stage.ts'
import { InARow, type InARowMemory } from './in-a-row.ts'
import type { Judgement } from './judgement.ts'
import { isNumber } from './limit.ts'

type Memory = Readonly<{ side: 'true' | 'false' | null; raise: InARowMemory; clear: InARowMemory }>

/**
 * A level that is reached by so many readings in a row, or for so long; then it stays true until one of the levels that end
 * it is. For sensors that report seldom: their readings are counted, not the minutes between them. A bad reading neither
 * counts nor interrupts; an uncertain one counts towards raising alone.
 */
export function persistsJudgement(
  { point, raise, clear }: PersistsWatch,
  { validityMs }: Pick<Rule, 'validityMs'>,
): Judgement {
  const raising = new InARow(raise, validityMs)
  const clearing = new InARow(clear, validityMs)
  let newest: Reading | null = null
  /** What the readings have shown last; null before they have shown either. */
  let side: 'true' | 'false' | null = null

  const evidence = (): Evidence => {
    const { value = null, at = 0 } = newest ?? {}
    const held = raising.held()
    const why = held ? whyOf(held) : undefined
    return { point, value, limit: (held ?? raise[0]!).limit, ...(why ? { why } : {}), at }
  }
  return {
    points: [point],
    take(reading) {
      if (reading.point !== point) return
      newest = reading
      if (reading.quality === 'bad' || !isNumber(reading.value)) return
      raising.add(reading.value, reading.at)
      if (reading.quality === 'good') clearing.add(reading.value, reading.at)
      const isOver = reading.quality === 'good' && clearing.held() !== null
      if (side !== 'true' && raising.held()) side = 'true'
      else if (isOver) side = 'false'
    },
    verdict(known) {
      if (newest === null || newest.quality === 'bad' || !isNumber(newest.value))
        return { state: 'unknown', evidence: evidence() }
      const state = side ?? known
      // Uncertain may raise; it never clears.
      const isDoubtful = newest.quality === 'uncertain' && state === 'false'
      return { state: isDoubtful ? 'unknown' : state, evidence: evidence() }
    },
    memory: () => ({ side, raise: raising.memory(), clear: clearing.memory() }) as unknown as Json,
    recall(memory) {
      const known = memory as unknown as Memory
      side = known.side
      raising.recall(known.raise)
      clearing.recall(known.clear)
    },
  }
}

function whyOf({ readings: times, forMs: overMs }: Held): Evidence['why'] {
  if (overMs > 0) return { code: 'held', params: { overMs } }
  return times > 1 ? { code: 'in_a_row', params: { times } } : undefined
}
