import type { Condition } from '#devices/expression.ts'
import type { Held, Plan, Rule, Watch } from '#rules/plan.ts'

/** Delays, hysteresis and what nobody heard of are settled after so long, whatever is watched. */
const SHORTEST_MS = 3_600_000

/** So long before a range these rules must be told what was, or a window would be judged half empty at its beginning. */
export function lookBackMsOf({ rules }: Pick<Plan, 'rules'>): number {
  return rules.reduce(
    (longest, rule) => Math.max(longest, delaysOf(rule) + reachOf(rule.watch, rule.validityMs)),
    SHORTEST_MS,
  )
}

function delaysOf({ onDelayMs, offDelayMs }: Rule): number {
  return Math.max(onDelayMs, offDelayMs)
}

function reachOf(watch: Watch, validityMs: number): number {
  return Math.max(ownReachOf(watch, validityMs), ...conditionsOf(watch).flatMap(windowsOf))
}

function ownReachOf(watch: Watch, validityMs: number): number {
  switch (watch.kind) {
    case 'limit':
      return watch.window?.overMs ?? 0
    case 'persists':
      return Math.max(...[...watch.raise, ...watch.clear].map((level) => rowOf(level, validityMs)))
    case 'settled':
      return reachOf(watch.of, validityMs) + watch.readings * validityMs
    case 'rate':
    case 'changes':
    case 'duty':
      return watch.overMs
    case 'stuck':
    case 'absence':
      return watch.forMs
    case 'moving-normal':
      return watch.shortMs + watch.normalMs
    case 'lost':
    case 'lost-lifts':
      return watch.withinMs
    case 'when':
    case 'data':
    case 'disagreement':
    case 'measured':
      return 0
  }
}

/** A row is over when nothing came for the validity. */
function rowOf({ readings, forMs }: Held, validityMs: number): number {
  return Math.max(readings * validityMs, forMs)
}

function conditionsOf(watch: Watch): Condition[] {
  return [...ownConditionsOf(watch), watch.enabledWhen].filter((condition) => condition !== undefined)
}

function ownConditionsOf(watch: Watch): (Condition | undefined)[] {
  switch (watch.kind) {
    case 'when':
      return [watch.condition, watch.until]
    case 'stuck':
      return [watch.driver]
    case 'lost':
      return [watch.while, watch.or]
    default:
      return []
  }
}

function windowsOf({ inputs }: Condition): number[] {
  return inputs.map(({ window }) => window?.overMs ?? 0)
}
