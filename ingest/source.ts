import type { Batch, Reading, Value } from '#devices/reading.ts'

/**
 * Hands a batch to the gateway. Resolves when the batch is durable and judged: that is the acknowledgement,
 * and the back-pressure. `ack` says somebody waits on the wire for it (MQTT QoS 1): it is committed within 20 ms,
 * otherwise within a second. Rejects when the batch will never be durable (the gateway is stopping, or refused it).
 */
export type Emit = (batch: Batch, urgency: 'ack' | 'flow') => Promise<void>

/** Counted at the door: input that never became a batch. */
export type Rejection = 'malformed' | 'oversize' | 'not_authorized' | 'unknown_device' | 'flood' | 'codec_failed'
export type Reject = (source: string, reason: Rejection, count?: number) => void

export type DeviceHealth = Readonly<{
  device: string
  ok: boolean
  lastHeardAt: number | null
  reason?: string
  /** The device answered that it has no such point: the profile or the site is wrong. */
  refusedPoints?: readonly string[]
  /** What it said and was refused, since the source started. */
  refused?: Refusals
}>

/** Refused messages of one sender: how many by reason, and the last one. `sample`: its first 1 KB, as text or hex. */
export type Refusals = Readonly<{
  counts: Readonly<Partial<Record<Rejection, number>>>
  last: Readonly<{ at: number; reason: Rejection; detail: string; sample: string }>
}>
/** Somebody whom the site file does not name: refused, never made a device. */
export type Stranger = Readonly<{ name: string; via: string; count: number; lastAt: number }>
export type SourceHealth = Readonly<{
  source: string
  state: 'starting' | 'running' | 'degraded' | 'down'
  devices: readonly DeviceHealth[]
  strangers?: readonly Stranger[]
  /** Share of the last exchanges that came broken, 0…1; where the wire can break them. */
  errorRate?: number
}>

/** A road by which readings come in. One per connection or broker. */
export type Source = Readonly<{
  name: string
  /** Runs until the signal aborts; rejecting restarts it alone, with backoff. Touches no network before it is called. */
  run(emit: Emit, signal: AbortSignal): Promise<void>
  /** A fresh value from the device, past all schedules. */
  read?(device: string, point: string, signal: AbortSignal): Promise<Reading>
  /**
   * Writes one value, once, and resolves with what the device then holds. The caller has checked that it may; `mayStill`
   * is asked once more when the next thing is to send.
   */
  write?(
    device: string,
    point: string,
    value: Value,
    signal: AbortSignal,
    mayStill?: () => boolean,
  ): Promise<Value | null>
  health(): SourceHealth
}>
