import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Device } from '#devices/device.ts'
import { readProfile, type Profile } from '#devices/profile.ts'
import { pollSchedule } from '#ingest/modbus/poll-schedule.ts'
import { halved, planReads, type PlannedRead } from '#ingest/modbus/read-plan.ts'

type Limits = NonNullable<Profile['modbus']>

const pump = profileOf('devices/profiles/pump/booster-pump-set.yaml')

t.test('limits of a device or its converter', async (t) => {
  const cases: { name: string; gap?: number; own?: Limits; line?: Limits; at: number[]; expect: string[] }[] = [
    { name: 'most registers', own: { max_registers: 2 }, at: [0, 1, 2], expect: ['0+2', '2+1'] },
    {
      name: 'the narrower holds: line',
      own: { max_registers: 3 },
      line: { max_registers: 2 },
      at: [0, 1, 2],
      expect: ['0+2', '2+1'],
    },
    {
      name: 'the narrower holds: device',
      own: { max_registers: 2 },
      line: { max_registers: 3 },
      at: [0, 1, 2],
      expect: ['0+2', '2+1'],
    },
    { name: 'a hole is filled', gap: 4, at: [0, 4], expect: ['0+5'] },
    {
      name: 'a forbidden one is not',
      gap: 4,
      own: { forbidden: [{ from: 2, to: 2 }] },
      at: [0, 4],
      expect: ['0+1', '4+1'],
    },
    {
      name: 'one of another table does not matter',
      gap: 4,
      own: { forbidden: [{ table: 'input', from: 2, to: 2 }] },
      at: [0, 4],
      expect: ['0+5'],
    },
    {
      name: 'one that ends where the read goes on',
      gap: 4,
      own: { forbidden: [{ from: 1, to: 3 }] },
      at: [0, 4, 5],
      expect: ['0+1', '4+2'],
    },
    { name: 'one outside', gap: 4, own: { forbidden: [{ from: 6, to: 9 }] }, at: [0, 4, 5], expect: ['0+6'] },
  ]
  for (const { name, gap, own, line, at, expect } of cases) {
    const modbus = { every: '1s', ...(gap === undefined ? {} : { gap }), ...own }
    const plan = planReads(deviceOf({ ...tinyProfile(at), modbus }), line)
    t.same(plan.map(spanOf), expect, name)
  }
})

t.test('a refused read is parted at its widest hole, else in the middle, never through a value', async (t) => {
  const parts = (gap: number, points: Profile['points']) => {
    const [read] = planReads(deviceOf({ ...tinyProfile([]), modbus: { every: '1s', gap }, points }))
    return halved(read!)?.map(spanOf) ?? null
  }
  t.same(parts(0, at([0, 1, 2, 3])), ['0+2', '2+2'])
  t.same(parts(9, at([0, 1, 2, 9])), ['0+3', '9+1'])
  t.same(parts(0, at([0])), null)
  t.same(parts(0, { a: { modbus: { address: 0, type: 'uint32' } } }), null)
  t.same(parts(0, { a: { modbus: { address: 0, bit: 0 } }, b: { modbus: { address: 0, bit: 1 } } }), null)
  t.same(
    parts(0, {
      a: { modbus: { address: 0, type: 'uint64' } },
      b: { modbus: { address: 1 } },
      c: { modbus: { address: 4 } },
    }),
    ['0+4', '4+1'],
  )
})

t.test('what is missing is found by parting, and its neighbours go on', async (t) => {
  for (const missing of [[], [0], [7], [3, 4], [0, 1, 2, 3, 4, 5, 6, 7]]) {
    const plan = planReads(deviceOf(tinyProfile([0, 1, 2, 3, 4, 5, 6, 7])))
    const schedule = pollSchedule(plan, 0)
    const good = new Set<string>()
    const refused = new Map<string, number[]>()
    let asked = 0
    for (let now = 0; now < 100_000;) {
      const next = schedule.next()!
      now = Math.max(now, next.at)
      const { slot } = next
      schedule.begin(slot, now)
      asked += 1
      const { address, count, points } = slot.read
      if (!missing.some((at) => at >= address && at < address + count)) {
        for (const { name } of points) good.add(name)
        schedule.answered(slot, now)
      } else if (!schedule.part(slot, now)) {
        for (const { name } of points) refused.set(name, [...(refused.get(name) ?? []), now])
        schedule.refused(slot, now)
      }
    }
    const names = (list: number[]) => list.map((at) => `p${at}`)
    t.same([...refused.keys()].toSorted(), names(missing), `refused: ${missing.join(' ')}`)
    t.same(
      [...good].toSorted(),
      names([0, 1, 2, 3, 4, 5, 6, 7].filter((at) => !missing.includes(at))),
      'all others are read',
    )
    for (const times of refused.values())
      t.same(
        times.slice(1).map((time, i) => time - times[i]!),
        [30_000, 60_000, 120_000].slice(0, times.length - 1),
        'no hot retry',
      )
    t.ok(asked <= 101 * (1 + missing.length * 3), `${asked} requests in 100 s`)
  }

  t.test('a register that is there after all brings the whole read back', async (t) => {
    const [read] = planReads(deviceOf(tinyProfile([0, 1])))
    const schedule = pollSchedule([read!], 0)
    const { slot } = schedule.next()!
    schedule.begin(slot, 0)
    t.ok(schedule.part(slot, 0))
    for (const _ of [0, 1]) {
      const { slot: part } = schedule.next()!
      schedule.begin(part, 0)
      if (part.read.address === 0) schedule.answered(part, 0)
      else schedule.refused(part, 0)
    }
    t.equal(schedule.reads().length, 2)
    const late = 30_000
    for (;;) {
      const { slot: part } = schedule.next()!
      schedule.begin(part, late)
      schedule.answered(part, late)
      if (part.read.address === 1) break
    }
    t.same(schedule.reads().map(spanOf), ['0+2'])
  })
})

t.test('probes of units that fell silent together drift apart', async (t) => {
  const chances = [0, 1]
  const reads = [1, 2].map((unitId): PlannedRead => ({
    device: `d${unitId}`,
    unitId,
    table: 'holding',
    address: 0,
    count: 1,
    everyMs: 1_000,
    points: [],
  }))
  const schedule = pollSchedule(reads, 0, () => chances[0]!)
  const heldUntil: number[] = []
  for (const _ of reads) {
    const { slot } = schedule.next()!
    for (const __ of [1, 2, 3]) schedule.failed(slot, 0, 1)
    schedule.begin(slot, 0)
    heldUntil.push(slot.dueAt)
    schedule.again(slot, 99_999)
    chances.shift()
  }
  t.ok(Math.abs(heldUntil[0]! - heldUntil[1]!) >= 5_000, heldUntil.join(' and '))
})

function spanOf({ address, count }: PlannedRead): string {
  return `${address}+${count}`
}

function at(addresses: number[]): Profile['points'] {
  return Object.fromEntries(addresses.map((address) => [`p${address}`, { modbus: { address } }]))
}

function tinyProfile(addresses: number[]): Profile {
  return { ...pump, profile: 'tiny', alarms: [], examples: [], modbus: { every: '1s' }, points: at(addresses) }
}

function deviceOf(profile: Profile): Device {
  return { id: 'd', profile, asset: 'd', connection: 'c', unitId: 1 }
}

function profileOf(file: string): Profile {
  const { profile, faults } = readProfile(readFileSync(file, 'utf8'), file)
  if (!profile) throw new Error(JSON.stringify(faults))
  return profile
}
