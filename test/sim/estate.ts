import { fileURLToPath } from 'node:url'
import type { Profile } from '#devices/profile.ts'
import { type Batch, badReading, type Reading, type Reason } from '#devices/reading.ts'
import { loadSite } from '#gateway/site/load.ts'
import type { Site } from '#gateway/site/site.ts'
import type { Plan } from '#rules/plan.ts'
import type { Dice } from './random.ts'

export function simSite(): Site {
  const { site, faults } = loadSite(fileURLToPath(new URL('./site.yaml', import.meta.url)), {
    env: {},
    cwd: process.cwd(),
  })
  if (!site || faults.length > 0) throw new Error(`the simulated site is faulty: ${JSON.stringify(faults)}`)
  return site
}

/** Everybody always on duty: the calendar on the wall then decides nothing. */
export function aroundTheClock(plan: Plan): Plan {
  return { ...plan, staff: plan.staff.map((person) => ({ ...person, duty: [{ from: 0, to: 1_440 }] })) }
}

/** One message of a device as it arrives. The readings' time is the time of sending. */
export type Delivery = Readonly<{ at: number; batch: Omit<Batch, 'receivedAt'>; urgency: 'ack' | 'flow' }>

type Values = Record<string, number | boolean | string>
type Mood = Readonly<{
  weight: number
  values?: (dice: Dice) => Values
  bad?: Partial<Record<string, Reason>>
  unheard?: Reason
  mute?: true
}>

const PUMP: Values = {
  outlet_pressure: 0.5,
  inlet_pressure: 0.25,
  tank_level: 3,
  water_on_floor: false,
  pump1_fault: false,
  pump2_fault: false,
}
const LIFT: Values = {
  service_mode: 'normal',
  car_running: true,
  door_closed: true,
  in_door_zone: false,
  passenger_present: false,
  fault_code: 0,
}
const STUCK: Values = { ...LIFT, car_running: false, passenger_present: true }
const BIN: Values = { fill: 40, battery: 90, tilted: false }

/** What a device may be like, by name; the first is its healthy one. */
const MOODS: Readonly<Record<string, Readonly<Record<string, Mood>>>> = {
  'booster-pump-set': {
    healthy: { weight: 6, values: () => PUMP },
    noPressure: { weight: 4, values: () => ({ ...PUMP, outlet_pressure: 0.12 }) },
    hunting: { weight: 2, values: (dice) => ({ ...PUMP, outlet_pressure: 0.24 + dice.next() * 0.12 }) },
    flooded: { weight: 2, values: () => ({ ...PUMP, water_on_floor: true }) },
    onePump: { weight: 1, values: () => ({ ...PUMP, pump1_fault: true }) },
    outOfRange: { weight: 1, values: () => PUMP, bad: { outlet_pressure: 'out_of_range' } },
    unheard: { weight: 2, unheard: 'no_response' },
    mute: { weight: 1, mute: true },
  },
  'lift-controller': {
    healthy: { weight: 6, values: () => LIFT },
    trapped: { weight: 3, values: () => STUCK },
    twitching: { weight: 1, values: (dice) => (dice.chance(0.15) ? LIFT : STUCK) },
    stopped: { weight: 3, values: () => ({ ...LIFT, service_mode: 'stopped', fault_code: 7, car_running: false }) },
    undecodable: { weight: 1, values: () => LIFT, bad: { service_mode: 'undecodable' } },
    unheard: { weight: 2, unheard: 'connection_lost' },
    mute: { weight: 1, mute: true },
  },
  'bin-fill-sensor': {
    healthy: { weight: 4, values: () => BIN },
    full: { weight: 4, values: () => ({ ...BIN, fill: 97 }) },
    betweenLimits: { weight: 2, values: () => ({ ...BIN, fill: 75 }) },
    broken: { weight: 1, values: () => BIN, bad: { fill: 'out_of_range' } },
    mute: { weight: 1, mute: true },
  },
}

export type EstateOptions = Readonly<{
  from: number
  /** Moods change until here; then everything is healed. */
  troubleUntil: number
  to: number
  /** Every message carries a key, so that re-sending it is exact. */
  allKeyed: boolean
}>

/** All messages of the estate in the order of their arrival: dropped, late, twice, out of order, or never sent. */
export function estateDeliveries(site: Site, dice: Dice, options: EstateOptions): Delivery[] {
  return site.devices
    .flatMap((device) => deviceDeliveries(device.id, device.profile, dice.fork(), options))
    .toSorted((a, b) => a.at - b.at)
}

function deviceDeliveries(
  device: string,
  profile: Profile,
  dice: Dice,
  { from, troubleUntil, to, allKeyed }: EstateOptions,
): Delivery[] {
  const moods = MOODS[profile.profile]!
  const healthy = moods['healthy']!
  const isPolled = profile.modbus !== undefined
  const deliveries: Delivery[] = []
  let mood = healthy
  let moodUntil = from + dice.between(5, 60) * 1_000
  let sent = 0
  for (
    let at = from + dice.between(1, 5_000);
    at < to;
    at += isPolled ? dice.between(3_000, 5_500) : dice.between(15_000, 60_000)
  ) {
    if (at >= moodUntil) {
      mood = at >= troubleUntil || dice.chance(0.35) ? healthy : weighted(Object.values(moods), dice)
      moodUntil = at + dice.between(4, 150) * 1_000
    }
    if (at >= troubleUntil) mood = healthy
    if (mood.mute) continue
    sent++
    const readings = readingsOf(device, mood, healthy, dice, at)
    const key = isPolled && !allKeyed ? {} : { key: `${device}:${sent}` }
    const batch = { source: isPolled ? (profile.kind === 'lift' ? 'lifts' : 'pumps') : 'mqtt', readings, ...key }
    const urgency = isPolled ? 'flow' : 'ack'
    const isTrouble = at < troubleUntil
    if (isTrouble && dice.chance(0.03)) continue
    // A poll's answer is never late or double; a message may be both.
    const late = isTrouble && !isPolled && dice.chance(0.2) ? dice.between(1, 40_000) : 0
    deliveries.push({ at: at + late, batch, urgency })
    if (isTrouble && !isPolled && dice.chance(0.2))
      deliveries.push({ at: at + late + dice.between(0, 90_000), batch, urgency })
  }
  return deliveries.filter((delivery) => delivery.at < to)
}

function readingsOf(device: string, mood: Mood, healthy: Mood, dice: Dice, at: number): Reading[] {
  const { unheard } = mood
  if (unheard) return Object.keys(healthy.values!(dice)).map((point) => badReading(device, point, at, unheard))
  return Object.entries(mood.values!(dice)).map(([point, value]): Reading => {
    const reason = mood.bad?.[point]
    if (reason) return badReading(device, point, at, reason)
    return { device, point, value, quality: dice.chance(0.01) ? 'uncertain' : 'good', at }
  })
}

function weighted(moods: readonly Mood[], dice: Dice): Mood {
  let left = dice.next() * moods.reduce((sum, { weight }) => sum + weight, 0)
  return moods.find(({ weight }) => (left -= weight) < 0) ?? moods[0]!
}
