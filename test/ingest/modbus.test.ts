import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Device } from '#devices/device.ts'
import { readProfile, type Profile } from '#devices/profile.ts'
import type { Batch, Reading } from '#devices/reading.ts'
import type { TcpConnection } from '#ingest/modbus/connection.ts'
import { mbapReader } from '#ingest/modbus/mbap-reader.ts'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import { pollSchedule } from '#ingest/modbus/poll-schedule.ts'
import { type PlannedRead, planReads } from '#ingest/modbus/read-plan.ts'
import type { Emit } from '#ingest/source.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { FakeModbus, type Mood } from '#test/fakes/modbus-unit.ts'
import { until } from '#test/fakes/until.ts'

const pump = profileOf('devices/profiles/pump/booster-pump-set.yaml')

/** One register, one value: what the unit says is what must be stored. */
const gauge = tinyProfile({ level: { modbus: { address: 0 } } })
const twoTables = tinyProfile({ level: { modbus: { address: 0 } }, other: { modbus: { address: 9, table: 'input' } } })
const gaugeWithSlow = tinyProfile({
  level: { modbus: { address: 0 } },
  total: { modbus: { address: 10, type: 'uint32', every: '1h' } },
})

t.test('read plan', async (t) => {
  const cases: { name: string; gap?: number; points: Profile['points']; expect: string[] }[] = [
    { name: 'neighbours are one read', points: at(0, 1, 2), expect: ['holding 0+3'] },
    { name: 'a hole is not read with gap 0', points: at(0, 2), expect: ['holding 0+1', 'holding 2+1'] },
    { name: 'a hole up to the gap is', gap: 2, points: at(0, 3), expect: ['holding 0+4'] },
    { name: 'a wider hole is not', gap: 2, points: at(0, 4), expect: ['holding 0+1', 'holding 4+1'] },
    { name: 'order of writing does not matter', points: at(7, 5, 6), expect: ['holding 5+3'] },
    { name: '125 registers fit', points: at(...upTo(125)), expect: ['holding 0+125'] },
    { name: '126 do not', points: at(...upTo(126)), expect: ['holding 0+125', 'holding 125+1'] },
    {
      name: 'a wide value is never split',
      points: { ...at(...upTo(124)), wide: { modbus: { address: 124, type: 'float32' } } },
      expect: ['holding 0+124', 'holding 124+2'],
    },
    {
      name: '2000 bits fit, 2001 do not',
      points: Object.fromEntries(upTo(2001).map((i) => [`b${i}`, { modbus: { table: 'coil', address: i } }])),
      expect: ['coil 0+2000', 'coil 2000+1'],
    },
    {
      name: 'bits of one register are one read',
      points: { a: { modbus: { address: 8, bit: 0 } }, b: { modbus: { address: 8, bit: 1 } } },
      expect: ['holding 8+1'],
    },
    {
      name: 'tables and periods are apart',
      points: {
        a: { modbus: { address: 0 } },
        b: { modbus: { address: 1, every: '5m' } },
        c: { modbus: { address: 2, table: 'input' } },
        d: { modbus: { address: 3, table: 'discrete' } },
      },
      expect: ['holding 0+1', 'holding 1+1 every 300000', 'input 2+1', 'discrete 3+1'],
    },
    {
      name: 'a wide point overlapping a narrow one',
      points: { a: { modbus: { address: 0, type: 'uint64' } }, b: { modbus: { address: 1 } }, ...at(4) },
      expect: ['holding 0+5'],
    },
    { name: 'a point without Modbus is not read', points: { a: { type: 'number' } }, expect: [] },
  ]
  for (const { name, gap, points, expect } of cases) {
    const profile = { ...tinyProfile(points), modbus: { every: '1s', ...(gap === undefined ? {} : { gap }) } }
    const plan = planReads(deviceOf('d', 1, profile))
    const said = plan.map(
      (r) => `${r.table} ${r.address}+${r.count}${r.everyMs === 1_000 ? '' : ` every ${r.everyMs}`}`,
    )
    t.same(said, expect, name)
    t.same(
      plan.flatMap((read) => read.points.map((point) => point.name)).toSorted(),
      Object.keys(points)
        .filter((point) => points[point]!.modbus)
        .toSorted(),
      `${name}: each point once`,
    )
  }
  t.same(
    planReads(deviceOf('p', 1, pump)).map((r) => [r.address, r.count, r.everyMs]),
    [
      [0, 11, 1_000],
      [6, 2, 30_000],
    ],
    'the pump set needs two requests',
  )
})

t.test('schedule', async (t) => {
  const reads = [planned('a', 1, 1_000), planned('b', 2, 1_000)]

  t.test('stays on the grid, skips and counts what was missed', async (t) => {
    const schedule = pollSchedule([reads[0]!], 0)
    const { slot } = schedule.next()!
    schedule.begin(slot, 0)
    schedule.answered(slot, 300)
    t.equal(schedule.next()!.at, 1_000, 'the time a poll takes does not move the next')
    schedule.begin(slot, 1_700)
    schedule.answered(slot, 1_800)
    t.equal(schedule.next()!.at, 2_000, 'nor does a late start')
    schedule.begin(slot, 5_100)
    t.equal(schedule.next(), null, 'what is in flight is not asked again')
    schedule.answered(slot, 5_200)
    t.equal(schedule.next()!.at, 6_000, 'no pile-up')
    t.equal(schedule.missedCycles(), 3)
  })

  t.test('holds a unit after three failures, and asks it for one thing at a time', async (t) => {
    const schedule = pollSchedule([planned('a', 1, 1_000), planned('a', 1, 5_000), planned('b', 2, 1_000)], 0)
    const polled: string[] = []
    for (let now = 0; now < 120_000;) {
      const { slot, at } = schedule.next()!
      now = Math.max(now, at)
      schedule.begin(slot, now)
      if (slot.read.unitId === 2) schedule.answered(slot, now)
      else {
        polled.push(`${slot.read.everyMs}@${now}`)
        now += 500
        schedule.failed(slot, now, 500)
      }
    }
    t.equal(polled.length, 3 + 3, 'three tries, then one each 30 s')
    t.ok(
      polled.slice(3).some((probe) => probe.startsWith('5000')) &&
        polled.slice(3).some((probe) => probe.startsWith('1000')),
      'every read gets its turn as the probe',
    )
  })

  t.test('probing costs at most a tenth of the wire, however slow the time-out is', async (t) => {
    const schedule = pollSchedule(reads, 0)
    const { slot } = schedule.next()!
    for (const _ of [1, 2, 3]) schedule.failed(slot, 0, 60_000)
    schedule.begin(schedule.next()!.slot, 0)
    t.equal(slot.dueAt, 600_000)
  })

  t.test('an answer of a held unit makes all its reads due', async (t) => {
    const schedule = pollSchedule([planned('a', 1, 1_000), planned('a', 1, 3_600_000)], 0)
    for (let i = 0; i < 3; i++) {
      const { slot } = schedule.next()!
      schedule.begin(slot, i)
      schedule.failed(slot, i, 1)
    }
    const { slot, at } = schedule.next()!
    schedule.begin(slot, at)
    t.equal(schedule.answered(slot, at), true)
    t.ok(schedule.next()!.at <= at && schedule.next()!.slot !== slot)
  })
})

t.test('MBAP reader', async (t) => {
  const good = Buffer.from('000100000007010304000a000b', 'hex')
  const cases: [string, string, string | null][] = [
    ['a right answer', '000100000007010304000a000b', null],
    ['an exception', '000100000003018302', null],
    ['protocol id', '000100010007010304000a000b', 'protocol id 1'],
    ['length 65535, before the rest arrives', '00010000ffff', 'length 65535'],
    ['length 0', '000100000000', 'length 0'],
    ['length of another answer', '000100000005010302000a', 'length 5'],
    ['another unit', '000100000007020304000a000b', 'unit 2 answers for 1'],
    ['an exception of another unit', '000100000003028302', 'unit 2 answers for 1'],
    ['another function', '000100000007010404000a000b', 'function 4 for 3'],
    ['byte count', '000100000007010302000a000b', 'byte count 2'],
    ['F23: the transaction before', '000000000007010304000a000b', 'an answer that nobody asked for'],
    [
      'two answers to one question',
      `${good.toString('hex')}${good.toString('hex')}`,
      'an answer that nobody asked for',
    ],
  ]
  const readerOf = (ids: readonly number[]) => {
    const answers: string[] = []
    const pdu = Buffer.from('0300000002', 'hex')
    const questions = new Map(ids.map((id) => [id, { id, unitId: 1, pdu }]))
    const reader = mbapReader(questions, ({ id }, answer) => answers.push(`${id} ${answer.toString('hex')}`))
    return { reader, answers }
  }
  for (const [name, hex, expect] of cases) {
    t.equal(readerOf([1]).reader.push(Buffer.from(hex, 'hex'))?.detail ?? null, expect, name)
  }
  for (let cut = 1; cut < good.length; cut++) {
    const { reader, answers } = readerOf([1])
    t.equal(reader.push(good.subarray(0, cut)), null, `first ${cut} bytes`)
    t.same(answers, [], 'no answer yet')
    t.equal(reader.push(good.subarray(cut)), null, `the rest after ${cut}`)
    t.same(answers, ['1 0304000a000b'])
  }
  t.same(readerOf([]).reader.push(good), { kind: 'foreign', detail: 'an answer that nobody asked for' })
  const { reader, answers } = readerOf([1, 2])
  const second = Buffer.from('000200000007010304000c000d', 'hex')
  t.equal(reader.push(Buffer.concat([second, good])), null, 'two in flight, answered the other way round')
  t.same(answers, ['2 0304000c000d', '1 0304000a000b'])
})

t.test('good values arrive with the right types', async (t) => {
  const profile: Profile = {
    ...tinyProfile({
      pressure: { unit: 'kPa', modbus: { address: 0, scale: 0.1 } },
      current: { modbus: { address: 1, type: 'float32', order: 'CDAB' } },
      state: { enum: { 0: 'off', 1: 'on' }, modbus: { address: 3 } },
      leak: { modbus: { address: 4, bit: 2 } },
      missing: { modbus: { address: 5, absent: 0xffff } },
      valve: { modbus: { table: 'coil', address: 9 } },
      door: { modbus: { table: 'discrete', address: 3 } },
      temperature: { modbus: { table: 'input', address: 0x100, type: 'int16' } },
    }),
  }
  const { far, run } = await wired(t, [['d', 1, profile]])
  const unit = far.unit(1)
  Object.entries([3204, 0x0000, 0x4148, 1, 4, 0xffff]).forEach(([i, word]) => unit.holding.set(Number(i), word))
  unit.coil.set(9, true)
  unit.input.set(0x100, 0xfffe)
  const { batches, source } = run()
  await until('a reply from each table', () => batches.length >= 4)
  const last = newest(batches)
  t.match(last, {
    'd.pressure': { value: 320.4, quality: 'good' },
    'd.current': { value: 12.5 },
    'd.state': { value: 'on' },
    'd.leak': { value: true },
    'd.missing': { value: null, quality: 'bad', reason: 'absent' },
    'd.valve': { value: true },
    'd.door': { value: false },
    'd.temperature': { value: -2 },
  })
  t.ok(
    batches.every((batch) => batch.source === 'modbus:c' && batch.readings.every(({ at }) => at === batch.receivedAt)),
  )
  t.match(source.health(), {
    source: 'modbus:c',
    state: 'running',
    devices: [{ device: 'd', ok: true, lastHeardAt: Number }],
  })
  t.equal(far.accepted, 1, 'one connection')
})

t.test('polls at the period of the site clock, and an hour passes in seconds at speed', async (t) => {
  const { far, run, clock } = await wired(t, [['d', 1, gaugeWithSlow]], { speed: 50 })
  const { batches } = run()
  const from = clock.now()
  far.unit(1)
  await until('30 polls', () => batches.filter((batch) => batch.readings[0]?.point === 'level').length >= 30)
  const took = clock.now() - from
  t.ok(took > 28_000 && took < 40_000, `30 polls of 1 s took ${Math.round(took)} ms of site time`)
  t.equal(
    batches.filter((batch) => batch.readings[0]?.point === 'total').length,
    1,
    'the slow one was read once, at once',
  )
})

t.test('F20: a silent unit among three is bad at once, and does not stretch the cycle of the others', async (t) => {
  const devices = [1, 2, 3].map((unitId): [string, number, Profile] => [`d${unitId}`, unitId, twoTables])
  const { far, run, clock } = await wired(t, devices, { speed: 20, timeoutMs: 60 })
  for (const id of [1, 2, 3]) far.unit(id).holding.set(0, 100 + id)
  const { batches, source } = run()
  await until('all three', () => Object.keys(newest(batches)).length === 6)
  far.unit(2).mood = 'silent'
  await until('the breaker opens', () => newest(batches)['d2.level']?.reason === 'no_response' && asked(far, 2) >= 4)
  t.same(new Set(goodValues(batches, 'd2')), new Set([0, 102]), 'never an old or a wrong number')
  await until('held', () => source.counts().failures >= 3)

  // 25 s of site time: the others must be polled each second while unit 2 is left alone.
  const from = clock.now()
  const before = { good: asked(far, 1), silent: asked(far, 2), missed: source.counts().missedCycles }
  await until('25 s', () => clock.now() - from > 25_000)
  t.ok(asked(far, 1) - before.good >= 46, `${asked(far, 1) - before.good} polls in 25 s, two are due each second`)
  t.ok(asked(far, 2) - before.silent <= 1, 'unit 2 is probed at most once in that time')
  t.ok(
    source.counts().missedCycles - before.missed <= 4,
    'no cycle of the others is skipped, but for the time of a probe',
  )
  t.match(source.health(), {
    state: 'degraded',
    devices: [{ ok: true }, { ok: false, reason: 'no_response' }, { ok: true }],
  })

  far.unit(2).mood = 'ok'
  far.unit(2).holding.set(0, 202)
  await until('the next probe brings it back', () => newest(batches)['d2.level']?.value === 202)
  const resumed = asked(far, 2)
  await until('full polling resumes', () => asked(far, 2) >= resumed + 10)
  t.equal(source.health().state, 'running')
})

t.test('a held unit: its slow points are bad with it, and good again as soon as it answers', async (t) => {
  const { far, run } = await wired(t, [['d', 1, gaugeWithSlow]], { speed: 100, timeoutMs: 30 })
  const { batches } = run()
  far.unit(1).holding.set(11, 7)
  await until('both points', () => newest(batches)['d.total']?.value === 7 && newest(batches)['d.level'])
  far.unit(1).mood = 'silent'
  await until('the hourly point is bad too', () => newest(batches)['d.total']?.quality === 'bad')
  far.unit(1).mood = 'ok'
  await until('and comes back without waiting an hour', () => newest(batches)['d.total']?.value === 7)
})

t.test('F21: a half-open connection is noticed by the time-out and replaced', async (t) => {
  const { far, run } = await wired(t, [['d', 1, gauge]], { speed: 10, timeoutMs: 100 })
  far.unit(1).holding.set(0, 1)
  const { batches } = run()
  await until('a value', () => newest(batches)['d.level']?.value === 1)
  const frozenAt = performance.now()
  far.freeze()
  far.unit(1).holding.set(0, 2)
  // Ever: the new connection may have brought a good value again before anybody looks.
  const wasBad = () => batches.some(({ readings }) => readings.some(({ reason }) => reason === 'no_response'))
  await until('bad', wasBad)
  await until('a new connection', () => newest(batches)['d.level']?.value === 2)
  t.ok(performance.now() - frozenAt < 5_000)
  t.equal(far.accepted, 2)
  await until('the old socket is gone', () => far.sockets.size === 1)
})

t.test('F22: a reply cut at any byte gives no value, sliced anywhere it gives the right one', async (t) => {
  const { far, run } = await wired(t, [['d', 1, twoRegisters()]], { speed: 2_000 })
  const unit = far.unit(1)
  const { batches } = run()
  const write = (value: number) => [value >>> 16, value & 0xffff].forEach((word, i) => unit.holding.set(i, word))
  const replyBytes = 9 + 4
  for (let cut = 1; cut < replyBytes; cut++) {
    unit.mood = 'ok'
    // Both halves change together: a mix of two replies would be neither value.
    write(cut * 0x10001)
    await until(`value before the cut at ${cut}`, () => newest(batches)['d.total']?.value === cut * 0x10001)
    unit.cutAfter = cut
    unit.mood = 'cut'
    await until(`bad after the cut at ${cut}`, () => newest(batches)['d.total']?.reason === 'connection_lost')
  }
  unit.mood = 'sliced'
  write(99 * 0x10001)
  await until('sliced into bytes', () => newest(batches)['d.total']?.value === 99 * 0x10001)
  t.ok(
    goodValues(batches, 'd').every((value) => Number(value) % 0x10001 === 0),
    'no mixed frame',
  )
})

t.test('F23: a reply that comes after its time-out is never stored', async (t) => {
  const { far, run } = await wired(
    t,
    [
      ['d', 1, gauge],
      ['e', 2, gauge],
    ],
    { speed: 10, timeoutMs: 80 },
  )
  const unit = far.unit(1)
  far.unit(2)
  unit.holding.set(0, 1)
  const { batches, source } = run()
  await until('a value', () => newest(batches)['d.level']?.value === 1)
  unit.lateMs = 120
  unit.mood = 'late'
  unit.holding.set(0, 666)
  await until('three late replies, then the breaker', () => source.counts().failures >= 3)
  // Their answers are on the way, or have come, while the other unit is polled on.
  const polls = asked(far, 2)
  await until('the others are polled on', () => asked(far, 2) > polls + 5)
  unit.holding.set(0, 3)
  unit.mood = 'ok'
  await until('the unit is well again', () => newest(batches)['d.level']?.value === 3)
  t.same([...new Set(goodValues(batches, 'd'))], [1, 3])
  t.ok(far.accepted >= 4, 'each time-out cost its connection, so there was no road for the late reply')
  t.same([...new Set(goodValues(batches, 'e'))], [0], 'nor as another unit’s value')
})

t.test('F26: an exception 01–03 is a bad point without hot retry; the rest of the unit goes on', async (t) => {
  const { far, run } = await wired(
    t,
    [
      ['bad', 1, gauge],
      ['good', 2, twoTables],
    ],
    { speed: 60 },
  )
  far.unit(1).mood = 'exception'
  far.unit(2)
  for (const code of [1, 2, 3]) {
    far.unit(1).exceptionCode = code
    const { batches, source, stop } = run()
    await until('bad', () => newest(batches)['bad.level']?.reason === 'exception')
    const before = { bad: asked(far, 1), good: asked(far, 2) }
    await until('20 cycles of the other', () => asked(far, 2) >= before.good + 40)
    t.ok(asked(far, 1) - before.bad <= 1, `exception ${code} is not asked again each cycle`)
    t.match(source.health().devices[0], { ok: false, reason: 'exception', lastHeardAt: Number })
    t.equal(newest(batches)['good.level']?.quality, 'good')
    await stop()
  }
  t.equal(far.accepted, 3, 'and costs no connection')
})

t.test('F26: of a read with one illegal address only that point is bad, and the installer is told which', async (t) => {
  const profile = tinyProfile(at(0, 1, 2, 3, 4))
  const { far, run, clock } = await wired(t, [['d', 1, profile]], { speed: 60 })
  const unit = far.unit(1)
  for (const address of upTo(5)) unit.holding.set(address, 10 + address)
  unit.missing.add(3)
  const { batches, source } = run()
  await until('all are known', () => Object.keys(newest(batches)).length === 5)
  t.same(
    upTo(5).map((i) => newest(batches)[`d.p${i}`]!.value),
    [10, 11, 12, null, 14],
  )
  t.equal(newest(batches)['d.p3']?.reason, 'exception')
  t.match(source.health().devices[0], { refusedPoints: ['p3'], reason: 'exception' })
  const before = { all: unit.asked.length, from: clock.now() }
  await until('20 s', () => clock.now() - before.from > 20_000)
  const asked = unit.asked.slice(before.all).filter(({ address, count }) => address <= 3 && 3 < address + count)
  t.same(asked, [], 'no hot retry')
  unit.missing.clear()
  await until('it is there after all', () => newest(batches)['d.p3']?.value === 13)
  await until('one read again', () => unit.asked.at(-1)?.count === 5)
  t.notOk(source.health().devices[0]?.refusedPoints)
})

t.test('a device that takes fewer registers at once than planned is read in parts', async (t) => {
  const { far, run } = await wired(t, [['d', 1, tinyProfile(at(...upTo(10)))]], { speed: 20 })
  far.unit(1).mostAtOnce = 3
  const { batches } = run()
  await until('all points', () => {
    const all = Object.values(newest(batches))
    return all.length === 10 && all.every(({ quality }) => quality === 'good')
  })
})

t.test('F34: a device slower than its period: one request in flight, what is skipped is counted', async (t) => {
  const { far, run, clock } = await wired(t, [['d', 1, gauge]], { speed: 10, timeoutMs: 1_000 })
  const unit = far.unit(1)
  unit.mood = 'late'
  unit.lateMs = 150
  const { batches, source } = run()
  const from = clock.now()
  await until('20 answers', () => batches.length >= 20, 10_000)
  const took = clock.now() - from
  t.equal(source.counts().failures, 0, 'slow is no fault')
  const gaps = unit.asked.slice(1).map(({ atMs }, i) => atMs - unit.asked[i]!.atMs)
  t.ok(Math.min(...gaps) >= 145, `never asked before it has answered: ${Math.round(Math.min(...gaps))} ms`)
  const { missedCycles, polls } = source.counts()
  t.ok(
    Math.abs(missedCycles + polls - took / 1_000) <= 3,
    `${polls} polls, ${missedCycles} skipped of ${Math.round(took / 1_000)}`,
  )
})

t.test('window: so many requests in flight and no more, answered in any order', async (t) => {
  const devices = upTo(8).map((i): [string, number, Profile] => [`d${i}`, i + 1, gauge])
  for (const window of [1, 4]) {
    const { far, run } = await wired(t, devices, { window, timeoutMs: 2_000 })
    for (const i of upTo(8)) {
      const unit = far.unit(i + 1)
      unit.holding.set(0, 100 + i)
      unit.mood = 'late'
      // The first of four is the last to answer.
      unit.lateMs = 60 - (i % 4) * 10
    }
    const { batches, source } = run()
    await until('all', () => Object.keys(newest(batches)).length === 8)
    t.same(
      upTo(8).map((i) => newest(batches)[`d${i}.level`]!.value),
      upTo(8).map((i) => 100 + i),
      'each its own value',
    )
    t.equal(far.mostWaiting, window, `${window} in flight`)
    t.equal(source.counts().failures, 0)
  }
})

t.test('window: a time-out of one unit costs the connection, and no other unit is blamed', async (t) => {
  const devices = upTo(4).map((i): [string, number, Profile] => [`d${i}`, i + 1, gauge])
  const { far, run } = await wired(t, devices, { speed: 10, window: 4, timeoutMs: 100 })
  for (const i of upTo(4)) far.unit(i + 1)
  far.unit(1).mood = 'silent'
  const { batches, source } = run()
  await until('held', () => source.counts().failures >= 3)
  await until('the others are read', () =>
    ['d1', 'd2', 'd3'].every((id) => newest(batches)[`${id}.level`]?.quality === 'good'),
  )
  const blamed = new Set(
    batches.flatMap(({ readings }) => readings.filter((r) => r.value === null).map((r) => r.device)),
  )
  t.same([...blamed], ['d0'])
})

t.test('F27: exceptions 04, 06, 0A and 0B count against the unit, not against the gateway', async (t) => {
  const { far, run } = await wired(
    t,
    [
      ['bad', 1, gauge],
      ['good', 2, gauge],
    ],
    { speed: 60 },
  )
  far.unit(1).mood = 'exception'
  far.unit(2)
  for (const code of [4, 6, 0x0a, 0x0b]) {
    far.unit(1).exceptionCode = code
    const { batches, stop } = run()
    const before = { bad: asked(far, 1), good: asked(far, 2) }
    await until('20 cycles of the other', () => asked(far, 2) >= before.good + 20)
    t.equal(asked(far, 1) - before.bad, 3, `exception ${code}: three tries, then held`)
    t.equal(newest(batches)['bad.level']?.reason, 'exception')
    await stop()
  }
  t.equal(far.accepted, 4, 'one connection a run')
})

t.test(
  'F28: an answer of another unit, with another byte count or length 65535 is refused and costs the connection',
  async (t) => {
    for (const mood of ['wrongUnit', 'wrongByteCount', 'hugeLength'] satisfies Mood[]) {
      const { far, run } = await wired(t, [['d', 1, gauge]], { speed: 20, timeoutMs: 2_000 })
      far.unit(1).holding.set(0, 5)
      const { batches } = run()
      await until('a value', () => newest(batches)['d.level']?.value === 5)
      const badSince = performance.now()
      far.unit(1).mood = mood
      await until(`${mood} is bad`, () => newest(batches)['d.level']?.reason === 'bad_frame')
      t.ok(performance.now() - badSince < 1_000, `${mood}: at once, not by time-out`)
      far.unit(1).mood = 'ok'
      far.unit(1).holding.set(0, 6)
      await until(`recovers from ${mood}`, () => newest(batches)['d.level']?.value === 6)
      t.ok(far.accepted >= 2, `${mood}: a new connection`)
      t.same([...new Set(goodValues(batches, 'd'))], [5, 6])
    }
  },
)

t.test('a frame that stops in the middle is no response, a dropped connection is connection_lost', async (t) => {
  for (const [mood, reason] of [
    ['shortFrame', 'no_response'],
    ['reset', 'connection_lost'],
  ] as const) {
    const { far, run } = await wired(t, [['d', 1, gauge]], { speed: 20, timeoutMs: 100 })
    far.unit(1)
    const { batches } = run()
    await until('a value', () => newest(batches)['d.level']?.quality === 'good')
    far.unit(1).mood = mood
    await until(`${mood} is ${reason}`, () => newest(batches)['d.level']?.reason === reason)
    far.unit(1).mood = 'ok'
    await until(`recovers from ${mood}`, () => newest(batches)['d.level']?.quality === 'good')
  }
})

t.test(
  'a stopped server: each device is bad once, then every 30 s; its restart recovers all points at once',
  async (t) => {
    const { far, run, clock } = await wired(
      t,
      [
        ['a', 1, gaugeWithSlow],
        ['b', 2, gauge],
      ],
      { speed: 50 },
    )
    far.unit(1)
    far.unit(2)
    const { batches, source } = run()
    await until('values', () => Object.keys(newest(batches)).length === 3)
    await far.stop()
    await until('lost', () => source.health().state === 'down')
    const from = clock.now()
    await until('75 s of site time', () => clock.now() - from > 75_000)
    const lost = batches.filter(
      (batch) => batch.receivedAt >= from - 2_000 && batch.readings.every((r) => r.reason === 'connection_lost'),
    )
    const perDevice = Map.groupBy(lost, (batch) => batch.readings[0]!.device)
    t.ok(
      perDevice.get('a')!.length >= 2 && perDevice.get('a')!.length <= 4,
      `${perDevice.get('a')!.length} batches in 75 s`,
    )
    t.equal(perDevice.get('a')![0]!.readings.length, 2, 'with all points of the device')
    t.ok(Object.values(newest(batches)).every((reading) => reading.value === null))
    t.match(source.health().devices, [
      { ok: false, reason: 'connection_lost' },
      { ok: false, reason: 'connection_lost' },
    ])

    await far.start()
    await until('all points are good again, the hourly one too', () =>
      Object.values(newest(batches)).every((reading) => reading.quality === 'good'),
    )
    t.equal(source.health().state, 'running')
  },
)

t.test('a connection that is refused from the start is said, and tried until it is there', async (t) => {
  const { far, run } = await wired(t, [['d', 1, gauge]], { speed: 50 })
  far.unit(1)
  await far.stop()
  const { batches } = run()
  await until('bad', () => newest(batches)['d.level']?.reason === 'connection_lost')
  await far.start()
  await until('good', () => newest(batches)['d.level']?.quality === 'good')
})

t.test('back-pressure: at most 32 batches are outstanding, polling waits, and no order is lost', async (t) => {
  const { far, run } = await wired(t, [['d', 1, gauge]], { speed: 1_000 })
  far.unit(1)
  const waiting: (() => void)[] = []
  let most = 0
  const { batches, source } = run(() => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    most = Math.max(most, waiting.length)
    return promise
  })
  await until('full', () => waiting.length === 32)
  const polls = source.counts().polls
  await new Promise(setImmediate)
  t.ok(source.counts().polls <= polls + 1)
  for (let i = 0; i < 100; i++) {
    waiting.shift()!()
    await until('one more', () => waiting.length === 32)
  }
  t.equal(most, 32)
  t.ok(source.counts().missedCycles > 0, 'what could not be polled is counted')
  t.same(
    batches.map((b) => b.receivedAt),
    batches.map((b) => b.receivedAt).toSorted((a, b) => a - b),
  )
})

t.test('a batch that will never be durable ends the run with its error', async (t) => {
  const { far, run } = await wired(t, [['d', 1, gauge]])
  far.unit(1)
  const { done } = run(() => Promise.reject(new Error('disk full')))
  await t.rejects(done, { message: 'disk full' })
  await until('socket closed', () => far.sockets.size === 0)
})

t.test('abort ends the run promptly in any state and closes the socket', async (t) => {
  const states: Record<string, (far: FakeModbus) => unknown> = {
    'between polls': (far) => far.unit(1),
    'waiting for an answer': (far) => (far.unit(1).mood = 'silent'),
    'waiting to reconnect': (far) => far.stop(),
  }
  for (const [state, arrange] of Object.entries(states)) {
    const { far, run } = await wired(t, [['d', 1, gauge]], { timeoutMs: 60_000 })
    await arrange(far)
    const { source, batches, stop } = run()
    await until(state, () => asked(far, 1) > 0 || source.health().state === 'down')
    const said = batches.length
    const from = performance.now()
    await stop()
    t.ok(performance.now() - from < 200, state)
    t.ok(
      batches.length <= said + 1 && batches.slice(said).every((b) => b.readings[0]!.quality === 'good'),
      `${state}: stopping is no fault`,
    )
    await until('socket closed', () => far.sockets.size === 0)
  }
  const { run } = await wired(t, [['d', 1, gauge]], { timeoutMs: 60_000 })
  const full = run(() => new Promise(() => {}))
  await full.stop()
  t.pass('also when no batch is ever durable')
})

type Wiring = Readonly<{ speed?: number; timeoutMs?: number; window?: number }>

/** A far end and a source that polls it over a real socket. */
async function wired(t: Tap, devices: [id: string, unitId: number, profile: Profile][], wiring: Wiring = {}) {
  const far = await FakeModbus.start()
  const clock = scaledClock(wiring.speed ?? 1)
  const connection: TcpConnection = {
    id: 'c',
    protocol: 'modbus-tcp',
    host: '127.0.0.1',
    port: far.port,
    timeoutMs: wiring.timeoutMs ?? 500,
    window: wiring.window ?? 1,
  }
  const source = modbusSource({ connection, devices: devices.map((args) => deviceOf(...args)), clock })
  t.teardown(() => far.stop())

  const run = (answer: () => Promise<void> = () => Promise.resolve()) => {
    const batches: Batch[] = []
    const controller = new AbortController()
    const emit: Emit = (batch) => {
      batches.push(batch)
      return answer()
    }
    const done = source.run(emit, controller.signal)
    done.catch(() => {})
    const stop = () => {
      controller.abort()
      return done
    }
    t.teardown(() => stop().catch(() => {}))
    return { batches, source, done, stop }
  }
  return { far, clock, run }
}

type Tap = Pick<typeof t, 'teardown'>

function newest(batches: readonly Batch[]): Record<string, Reading> {
  return Object.fromEntries(batches.flatMap(({ readings }) => readings.map((r) => [`${r.device}.${r.point}`, r])))
}

function goodValues(batches: readonly Batch[], device: string) {
  const values = batches.flatMap(({ readings }) =>
    readings.filter((r) => r.device === device && r.quality === 'good').map((r) => r.value),
  )
  return values.filter((value, i) => value !== values[i - 1])
}

function asked(far: FakeModbus, unitId: number): number {
  return far.unit(unitId).asked.length
}

function deviceOf(id: string, unitId: number, profile: Profile): Device {
  return { id, profile, asset: id, connection: 'c', unitId }
}

function profileOf(file: string): Profile {
  const { profile, faults } = readProfile(readFileSync(file, 'utf8'), file)
  if (!profile) throw new Error(JSON.stringify(faults))
  return profile
}

function tinyProfile(points: Profile['points']): Profile {
  return { ...pump, profile: 'tiny', alarms: [], examples: [], modbus: { every: '1s' }, points }
}

function twoRegisters(): Profile {
  return tinyProfile({ total: { modbus: { address: 0, type: 'uint32' } } })
}

function at(...addresses: number[]): Profile['points'] {
  return Object.fromEntries(addresses.map((address) => [`p${address}`, { modbus: { address } }]))
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

function planned(device: string, unitId: number, everyMs: number): PlannedRead {
  return { device, unitId, table: 'holding', address: 0, count: 1, everyMs, points: [] }
}
