import type { Clock } from '#devices/clock.ts'
import { closest } from '#devices/closest.ts'
import type { Device } from '#devices/device.ts'
import { Fault } from '#devices/fault.ts'
import type { Value } from '#devices/reading.ts'
import type { Values, World } from './model.ts'
import { steadyValues } from './models/steady.ts'
import type { Replay } from './replay.ts'

/** A point took another value because somebody or a fault made it, at exactly this site time (ms). */
export type Change = Readonly<{ device: string; point: string; value: Value | null; at: number }>

/** A fault of the mains and not of the device: whatever stands in one cabinet goes dark together. */
export const POWER_DIP = 'power_dip'

/** One device of the estate: its physics, what was done to it, and what its sensors say now. */
export type SimulatedDevice = Readonly<{
  device: Device
  faults: readonly string[]
  fault(): string | null
  /** No answer and no message, for want of a voice or of power. */
  isSilent(): boolean
  /** Brought up to the clock's now. */
  values(): Values
  provoke(fault: string): void
  /** Until then nothing moves and nothing answers; afterwards the device goes on as it was. */
  loseMains(forMs: number): void
  heal(): void
  /** Holds a point at a value until healed. */
  hold(point: string, value: Value): void
  play(replay: Replay): void
  /** A master wrote this; false where the device takes no such thing. */
  write(point: string, value: Value): boolean
}>

export function simulateDevice(parts: {
  device: Device
  world: World
  clock: Clock
  changed: (change: Change) => void
}): SimulatedDevice {
  const { device, world, clock, changed } = parts
  const unmodelled = steadyValues(device.profile)
  const held = new Map<string, Value>()
  let replay: Replay | null = null
  let fault: string | null = null
  let advancedTo = clock.now()
  let darkUntil = -Infinity
  const isDark = () => clock.now() < darkUntil
  const faults = device.connection === undefined ? world.faults : [...world.faults, POWER_DIP]

  const valuesAt = (now: number): Values => ({
    ...unmodelled,
    ...world.values(),
    ...replay?.valuesAt(now),
    ...Object.fromEntries(held),
  })
  const announce = (before: Values, after: Values, at: number, kinds: 'all' | 'discrete') => {
    for (const [point, value] of Object.entries(after)) {
      if (Object.is(value, before[point]) || (kinds === 'discrete' && typeof value === 'number')) continue
      changed({ device: device.id, point, value, at })
    }
  }
  /** Stops at each jump, so that a change is dated when it happens and not when somebody looks. */
  const catchUp = () => {
    const now = clock.now()
    advancedTo = Math.max(advancedTo, Math.min(now, darkUntil))
    while (advancedTo < now) {
      const jumpMs = world.nextChangeMs()
      const stepMs = Math.min(jumpMs ?? Infinity, now - advancedTo)
      const before = fault === null ? null : valuesAt(advancedTo)
      world.advance(stepMs)
      advancedTo += stepMs
      if (before) announce(before, valuesAt(advancedTo), advancedTo, 'discrete')
    }
    return now
  }
  const disturb = (change: () => void) => {
    const now = catchUp()
    const before = valuesAt(now)
    change()
    announce(before, valuesAt(now), now, 'all')
  }

  return {
    device,
    faults,
    fault: () => (isDark() ? POWER_DIP : fault),
    isSilent: () => fault === 'silent' || isDark(),
    values: () => valuesAt(catchUp()),
    provoke(name) {
      if (!world.faults.includes(name)) {
        const hint = closest(name, faults)
        const { kind } = device.profile
        const known = faults.join(', ')
        throw new Fault('unknown_plant_fault', {
          device: device.id,
          kind,
          fault: name,
          known,
          ...(hint ? { hint } : {}),
        })
      }
      disturb(() => {
        world.provoke(name)
        fault = name
      })
    },
    loseMains(forMs) {
      darkUntil = catchUp() + forMs
    },
    heal() {
      const now = catchUp()
      darkUntil = Math.min(darkUntil, now)
      disturb(() => {
        world.heal()
        held.clear()
        fault = null
      })
    },
    hold(point, value) {
      requirePoint(device, point)
      disturb(() => held.set(point, value))
    },
    write(point, value) {
      let isTaken = false
      disturb(() => void (isTaken = world.write(point, value)))
      return isTaken
    },
    play(next) {
      for (const point of next.points) requirePoint(device, point)
      replay = next
    },
  }
}

function requirePoint(device: Device, point: string): void {
  const known = Object.keys(device.profile.points)
  if (!known.includes(point)) throw new Error(`${device.id} has no point "${point}". Known: ${known.join(', ')}`)
}
