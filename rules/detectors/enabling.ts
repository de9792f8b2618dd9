import type { Condition } from '#devices/expression.ts'
import type { Reading, Value } from '#devices/reading.ts'
import type { Truth } from '../event.ts'

/** A CEL condition over the newest values of its points. */
export type Evaluation = Readonly<{ points: readonly string[]; take(reading: Reading): void; state(): Truth }>

export function evaluation(condition: Condition): Evaluation {
  const watched = new Set(condition.variables)
  const values: Record<string, Value> = Object.create(null) as Record<string, Value>
  const uncertain = new Set<string>()
  return {
    points: condition.variables,
    take(reading) {
      if (!watched.has(reading.point)) return
      if (reading.quality === 'bad' || reading.value === null) delete values[reading.point]
      else values[reading.point] = reading.value
      if (reading.quality === 'uncertain') uncertain.add(reading.point)
      else uncertain.delete(reading.point)
    },
    state() {
      const result = condition.evaluate(values)
      if (result === 'unknown') return 'unknown'
      // Uncertain may raise; it never clears.
      if (!result && uncertain.size > 0) return 'unknown'
      return result ? 'true' : 'false'
    },
  }
}

/** `enabled_when`; without one, always enabled. A disabled rule is false, not unknown: a stopped pump is no alarm. */
export function enabling(condition: Condition | undefined): Evaluation {
  return condition ? evaluation(condition) : { points: [], take() {}, state: () => 'true' }
}
