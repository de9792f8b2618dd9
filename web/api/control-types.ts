import type { Both, InWords, Value } from './types.ts'

export type ControlOutcome = 'verified' | 'refused' | 'mismatch' | 'unconfirmed' | 'not_sent'
export type Allowed =
  | Readonly<{ kind: 'number'; min: number; max: number; step: number | null }>
  | Readonly<{ kind: 'one_of'; values: readonly Value[] }>
export type ControlPoint = Readonly<{
  point: string
  name: Both
  unit: string | null
  value: Value | null
  allowed: Allowed
  whyNot: readonly InWords[]
}>
export type ControlRequest = Readonly<{
  request: string | null
  point: string
  by: string
  from: Value | null
  to: Value
  at: string
  outcome: ControlOutcome | null
  readBack: Value | null
  why: InWords | null
}>
/** What may be written on a device, by whom it is held, and why not now. */
export type ControlState = Readonly<{
  device: string
  lease: Readonly<{ by: string; until: string; isYours: boolean }> | null
  blocks: readonly InWords[]
  points: readonly ControlPoint[]
  recent: readonly ControlRequest[]
}>
type Guard = Readonly<{ by: string; since: string }>
type AssetGuard = Guard & Readonly<{ id: string; asset: string; reason: string }>
/** Locks and tags, permits to work, people in plant rooms. */
export type Safeguards = Readonly<{
  lockouts: readonly AssetGuard[]
  permits: readonly AssetGuard[]
  presences: readonly (Guard & Readonly<{ room: string }>)[]
}>
