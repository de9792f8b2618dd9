import type { Command, Refusal } from './command.ts'
import type { Draft, Event } from './event.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** `at` is site time; `seq` is the place the first event of this decision will take: ids are made of it. */
export type Context = Readonly<{ at: number; seq: number }>

/** Time has passed: what was due is due. */
export type Tick = Readonly<{ type: 'tick' }>

/**
 * A state machine over events and commands. `decide` returns events and changes nothing; `apply` changes state and
 * decides nothing, from the event alone. Replay calls only `apply`.
 */
export type Stage = Readonly<{
  name: string
  /** Of the snapshot's shape; another version means replay from the first event. */
  version: number
  decide(input: Event | Command | Tick, context: Context): readonly Draft[] | Refusal
  apply(event: Event): void
  /** Site time of the next tick it wants, or null. */
  due(): number | null
  snapshot(): Json
  restore(state: Json): void
}>
