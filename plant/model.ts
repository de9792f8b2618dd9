import type { Value } from '#devices/reading.ts'
import type { Random } from '#devices/clock.ts'

/** What the device's sensors say, by point name; null where the device says "no sensor here". */
export type Values = Readonly<Record<string, Value | null>>

export type Beginning = Readonly<{ device: string; minuteOfDay: number; random: Random }>

/**
 * The physics of one kind of device, pure: a state goes in, the later state comes out.
 * A model knows one fault at a time; provoking another replaces it.
 */
export type Model<State, FaultName extends string = string> = Readonly<{
  faults: readonly FaultName[]
  begin(beginning: Beginning): State
  /** `dtMs` never reaches past `nextChangeMs`, so a step holds no jump but at its end. */
  advance(state: State, dtMs: number, random: Random): State
  /** Until the next jump of a two-valued or worded point; absent when there is none to come. */
  nextChangeMs?(state: State): number | null
  provoke(state: State, fault: FaultName): State
  heal(state: State): State
  /** A master wrote a value that the profile lets be written; null where the device takes no such thing. */
  write?(state: State, point: string, value: Value): State | null
  values(state: State): Values
}>

/** A model with its state inside. */
export type World = Readonly<{
  faults: readonly string[]
  advance(dtMs: number): void
  nextChangeMs(): number | null
  provoke(fault: string): void
  heal(): void
  /** False where the device takes no such thing. */
  write(point: string, value: Value): boolean
  values(): Values
}>

export function embody<State, FaultName extends string>(model: Model<State, FaultName>, beginning: Beginning): World {
  let state = model.begin(beginning)
  return {
    faults: model.faults,
    advance(dtMs) {
      state = model.advance(state, dtMs, beginning.random)
    },
    nextChangeMs: () => model.nextChangeMs?.(state) ?? null,
    provoke(name) {
      const fault = model.faults.find((known) => known === name)
      if (fault !== undefined) state = model.provoke(state, fault)
    },
    heal() {
      state = model.heal(state)
    },
    write(point, value) {
      const written = model.write?.(state, point, value) ?? null
      if (written !== null) state = written
      return written !== null
    },
    values: () => model.values(state),
  }
}
