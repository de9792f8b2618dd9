import type { OrderClass, Priority } from '#devices/alarm-definition.ts'
import type { Silence } from '../event.ts'
import type { AlarmState } from './states.ts'

export type Alarm = {
  readonly alarm: string
  readonly device: string
  readonly asset: string
  readonly latch: boolean
  readonly safety: boolean
  readonly loss: boolean
  readonly trace: string
  /** The gravest of those that hold. */
  rule: string
  /** The sides of its definition that hold; none when its process is well. */
  holding: readonly string[]
  /** Every side it ever had. */
  sides: readonly string[]
  priority: Priority
  class: OrderClass
  state: AlarmState
  silence: Silence | null
  /** Somebody heard of it, now or before. */
  isTold: boolean
  /** Since when it holds, or held last. */
  since: number
  acknowledgedAt: number | null
  returnedAt: number | null
  order: string | null
}

export type Shelf = Readonly<{
  shelf: string
  alarm: string
  rule: string
  asset: string
  until: number
  oneShot: boolean
  /** Null for a person's: rest says nothing. */
  restMs: number | null
  movedAt: number
  safety: boolean
}>
export type OutOfService = Readonly<{ service: string; asset: string; rule: string | null; workOrder: string }>
export type Window = Readonly<{
  window: string
  assets: readonly string[]
  rules: readonly string[]
  from: number
  to: number
  state: 'planned' | 'running' | 'overrun'
}>
export type Loss = Readonly<{
  incident: string
  root: string
  alarms: readonly string[]
  /** When its first and its newest alarm lost their devices. */
  from: number
  to: number
  rootGoneAt: number | null
}>
