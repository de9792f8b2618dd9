import type { Reading, Value } from '#devices/reading.ts'
import type { Rule, Watch } from '../plan.ts'
import type { Json } from '../stage.ts'
import { evaluation, type Evaluation } from './evaluation.ts'
import type { Judgement } from './judgement.ts'

/** What it stayed close to, since when; `movingSince`: since when its driver has moved without a stop. */
type Rest = { value: Value; since: number; movingSince: number | null; moves?: number }

/** So many good readings, each other than the one before, and it is believed again. */
const BELIEVED_AFTER = 3

/** What is used day by day needs no machine that moves it. */
const ALWAYS_MOVING: Evaluation = {
  points: [],
  take: () => {},
  state: () => ({ state: 'true' }),
  memory: () => null,
  recall: () => {},
}

/**
 * A sensor that stands still while what drives it moves: no change beyond its resolution for so long. A reading that is
 * missing for longer than the validity begins the time anew, for nobody saw whether it moved.
 */
export function stuckJudgement(
  { point, forMs, resolution, driver }: Extract<Watch, { kind: 'stuck' }>,
  { validityMs }: Pick<Rule, 'validityMs'>,
): Judgement {
  const moving = driver ? evaluation(driver, validityMs) : ALWAYS_MOVING
  let newest: Reading | null = null
  let lastAt = -Infinity
  let rest: Rest | null = null

  const hasMoved = (from: Value, to: Value): boolean =>
    typeof from === 'number' && typeof to === 'number' ? Math.abs(to - from) > resolution : from !== to
  return {
    points: [...new Set([point, ...moving.points])],
    take(reading) {
      moving.take(reading)
      if (reading.point !== point) return
      newest = reading
      const { value, at } = reading
      if (reading.quality === 'bad' || value === null) return
      if (at === lastAt) return
      if (!rest || at - lastAt > validityMs) rest = { value, since: at, movingSince: null }
      else if (hasMoved(rest.value, value)) rest = { ...rest, value, since: at, moves: (rest.moves ?? 0) + 1 }
      lastAt = at
    },
    verdict(known) {
      const driven = moving.state()
      const evidence = { point, value: newest?.value ?? null, at: newest?.at ?? 0 }
      if (rest && driven.state === 'true') rest.movingSince ??= newest!.at
      else if (rest && driven.state === 'false') rest.movingSince = null
      if (newest === null || newest.quality === 'bad' || rest === null) return { state: 'unknown', evidence }
      // That nothing drives it any more, or that it twitched once, does not mend it.
      if (known === 'true') return { state: (rest.moves ?? 0) >= BELIEVED_AFTER ? 'false' : 'true', evidence }
      rest.moves = 0
      if (driven.state === 'false') return { state: 'false', evidence }
      if (driven.state === 'unknown') return { ...driven, evidence }
      const since = Math.max(rest.since, rest.movingSince!)
      const isStuck = newest.at - since >= forMs
      const why = { code: 'stuck', params: { since: rest.since, forMs: newest.at - rest.since } }
      return { state: isStuck ? 'true' : 'false', evidence: { ...evidence, ...(isStuck ? { why } : {}) } }
    },
    memory: () => ({ rest: rest && { ...rest }, lastAt: rest && lastAt, driver: moving.memory() }) as Json,
    recall(memory) {
      const known = memory as unknown as { rest: Rest | null; lastAt: number | null; driver: Json }
      rest = known.rest && { ...known.rest }
      lastAt = known.lastAt ?? -Infinity
      moving.recall(known.driver)
    },
  }
}
