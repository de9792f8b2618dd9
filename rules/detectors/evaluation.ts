import { type Condition, type Input, valueFor } from '#devices/expression.ts'
import type { Reading, Value } from '#devices/reading.ts'
import type { Truth, Why } from '../event.ts'
import type { Json } from '../stage.ts'
import { Window } from './window.ts'

/** A CEL condition over the newest values of its points, and over windows of them. */
export type Evaluation = Readonly<{
  points: readonly string[]
  take(reading: Reading): void
  state(): Readonly<{ state: Truth; failure?: Why }>
  memory(): Json
  recall(memory: Json): void
}>

type Slot = Readonly<{ place: number; input: Input; window: Window | null }>

const TRUE = { state: 'true' } as const
const FALSE = { state: 'false' } as const
const UNKNOWN = { state: 'unknown' } as const
/** These only grow while a window fills: what they have reached already is no less for what was not seen. */
const GROWING = new Set(['count', 'changes', 'starts'])

export function evaluation(condition: Condition, validityMs: number): Evaluation {
  const slots = condition.inputs.map((_): Value | undefined => undefined)
  const byPoint = new Map<string, Slot[]>()
  const windows: Window[] = []
  condition.inputs.forEach((input, place) => {
    const window = input.window ? new Window(input.window.overMs, validityMs) : null
    if (window) windows.push(window)
    byPoint.set(input.point, [...(byPoint.get(input.point) ?? []), { place, input, window }])
  })
  const uncertain = new Set<string>()
  return {
    points: condition.variables,
    take({ point, value, quality, at }) {
      const own = byPoint.get(point)
      if (!own) return
      if (quality === 'uncertain') uncertain.add(point)
      else uncertain.delete(point)
      for (let i = 0; i < own.length; i++) {
        const { place, input, window } = own[i]!
        const known = quality === 'bad' ? undefined : valueFor(input.type, value)
        window?.add(at, known ?? null)
        slots[place] = known === undefined || !window ? known : readingOf(input, window)
      }
    },
    state() {
      const result = condition.judge(slots)
      if (result === true) return TRUE
      // Uncertain may raise; it never clears.
      if (result === false) return uncertain.size > 0 ? UNKNOWN : FALSE
      return result === 'unknown' ? UNKNOWN : { state: 'unknown', failure: { code: result.failed, params: {} } }
    },
    memory: () => windows.map((window) => window.memory()),
    recall(memory) {
      const memories = memory as readonly Json[]
      windows.forEach((window, i) => memories[i] !== undefined && window.recall(memories[i]))
      for (const { place, input, window } of [...byPoint.values()].flat())
        if (window && slots[place] !== undefined) slots[place] = readingOf(input, window)
    },
  }
}

function readingOf({ window: asked }: Input, window: Window): number | undefined {
  const { of } = asked!
  return (GROWING.has(of) ? window.atLeast(of) : window.read(of)) ?? undefined
}
