import t from 'tap'
import { connect } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as macrotask } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import type { Condition } from '#devices/expression.ts'
import { Fault } from '#devices/fault.ts'
import type { Batch } from '#devices/reading.ts'
import { Accounting } from '#gateway/accounting.ts'
import { askForToken, socketPath, startControl } from '#gateway/control.ts'
import { deviceSecrets } from '#gateway/credentials.ts'
import { Pipeline, type PipelineStore } from '#gateway/pipeline.ts'
import { encodeReadings } from '#gateway/store/batch-codec.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { Queries } from '#gateway/store/queries.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import { Flow } from '#rules/flow.ts'
import type { Plan, Rule } from '#rules/plan.ts'
import type { Stage } from '#rules/stage.ts'
import { dice } from '../sim/random.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { until } from '../fakes/until.ts'

const START_AT = Date.UTC(2026, 0, 5, 9)
const S = 1_000
const POISON = 99
type Ending = Pick<typeof t, 'teardown'>

/** A short path: a socket's may not be long. */
function emptyFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** True from 10 upwards; `crashesAt`: a program with a bug. */
const condition = (crashesAt: number): Condition => ({
  text: 'v >= 10',
  variables: ['v'],
  inputs: [{ point: 'v', type: 'double' }],
  judge([v]) {
    if (v === crashesAt) throw new Error('a bug')
    return v === undefined ? 'unknown' : Number(v) >= 10
  },
  evaluate: () => 'unknown',
})
const planOf = (crashesAt = NaN): Plan => {
  const rule: Rule = {
    id: 'A/high',
    device: 'A',
    asset: 'A',
    name: 'A',
    watch: { kind: 'when', condition: condition(crashesAt) },
    onDelayMs: 0,
    offDelayMs: 0,
    latch: false,
    safety: false,
    priority: 'high',
    class: 'P1',
    skill: 'water',
    closesItself: false,
    validityMs: 10_000 * S,
  }
  const asset = { id: 'A', name: 'A', kind: 'pump-set', room: 'R', region: 'north', homes: [] }
  const settings = {
    incidentWindowMs: 600 * S,
    publishAfterMs: 100 * S,
    publishConfirmedAfterMs: 50 * S,
    allClearHoldMs: 60 * S,
    acceptWithinMs: 30 * S,
  }
  const assets = new Map([['A', asset]])
  return {
    site: 'x',
    timeZone: 'Asia/Shanghai',
    rules: [rule],
    assets,
    staff: [],
    fallback: 'PM',
    channels: [],
    settings,
  }
}

/** One life of a pipeline on real files, with a clock of its own and a disk that fails when told to. */
function life(t: Ending, { folder = emptyFolder(t), crashesAt = NaN, flow = () => coreOf(planOf(crashesAt)) } = {}) {
  let isAlive = true
  const disk = {
    commit: 'ok' as 'ok' | 'full' | 'fullBetween',
    load: 'ok' as 'ok' | 'broken',
    quarantine: 'ok' as 'ok' | 'full',
  }
  const count = { loads: 0, commits: 0, log: 0 }
  const fatal: number[] = []
  const known = { throws: false }
  const core = new StoreCore(folder, () => {
    if (disk.commit === 'fullBetween') throw new Error('disk full')
  })
  const sim = new SimClock(Math.max(START_AT, core.newestAt() ?? 0), dice(1), true)
  const clock = sim.ofLife(() => isAlive)
  const store: PipelineStore = {
    async commit(group) {
      count.commits++
      if (disk.commit === 'full') throw new Error('disk full')
      core.commit(group)
    },
    async load(plan) {
      count.loads++
      if (disk.load === 'broken') throw new Error('disk I/O error')
      return core.load(plan)
    },
    eventsAfter: async (seq) => core.eventsAfter(seq),
    batchesAfter: async (id, limit) => core.batchesAfter(id, limit),
    recentKeys: async (limit) => core.recentKeys(limit),
    async quarantine(...row) {
      if (disk.quarantine === 'full') throw new Error('disk full')
      core.quarantine(...row)
    },
  }
  const accounting = new Accounting()
  const pipeline = new Pipeline({
    store,
    makeFlow: flow,
    plan: 'p',
    siteHash: 'h',
    version: 'v',
    epoch: 'e',
    clock,
    accounting,
    log: () => void count.log++,
    committed() {
      if (known.throws) throw new Error('a reader fails')
    },
    known: () => {},
    fatal: () => void fatal.push(sim.now()),
  })
  const of = (type: Event['type']) => core.eventsAfter(0).filter((event) => event.type === type)
  const self = {
    folder,
    disk,
    count,
    fatal,
    known,
    core,
    pipeline,
    clock,
    of,
    account: () => accounting.read().get('s'),
    /** Lets time pass, with every timer at its moment. */
    async passes(ms: number) {
      const to = sim.now() + ms
      await macrotask()
      while (sim.step(to)) await macrotask()
      await macrotask()
    },
    batch: (value: number, key?: string): Batch => ({
      source: 's',
      receivedAt: sim.now(),
      readings: [{ device: 'A', point: 'v', value, quality: 'good', at: sim.now() }],
      ...(key === undefined ? {} : { key }),
    }),
    /** What becomes of one batch: `waits` until it is settled. */
    submits(value: number, key?: string) {
      const fate = { is: 'waits' }
      pipeline.submit(self.batch(value, key), 'ack').then(
        () => (fate.is = 'done'),
        (error: Error) => (fate.is = error instanceof Fault ? error.code : error.message),
      )
      return fate
    },
    loadedHash: () => core.eventsAfter(0).findLast((event) => event.type === 'site.loaded')?.hash,
    quarantined: () => {
      const db = new DatabaseSync(join(folder, 'readings.db'), { readOnly: true })
      const rows = db.prepare('select reason from quarantine').all()
      db.close()
      return rows.length
    },
    async starts() {
      const started = pipeline.start()
      await self.passes(100)
      await started
    },
    async stops() {
      const stopped = pipeline.stop()
      await self.passes(100)
      return Promise.race([stopped.then(() => 'stopped'), macrotask().then(() => 'hangs')])
    },
    /** The power goes. */
    dies() {
      if (!isAlive) return
      isAlive = false
      core.close()
    },
  }
  t.teardown(() => self.dies())
  return self
}

/** Due at one moment, and from then on in every tick as long as it is broken. */
function brokenTicks(at: number) {
  const state = { isBroken: true }
  const stage: Stage = {
    name: 'broken',
    version: 1,
    decide(input) {
      if (input.type === 'tick' && state.isBroken) throw new Error('a bug in a tick')
      return []
    },
    apply() {},
    due: () => (state.isBroken ? at : null),
    snapshot: () => null,
    restore() {},
  }
  return { state, flow: () => new Flow(planOf().rules, [stage]) }
}

t.test(
  'a core that crashes on every tick is tried with patience, then given up; no batch is blamed for it',
  async (t) => {
    const { state, flow } = brokenTicks(START_AT + 5 * S)
    const site = life(t, { flow })
    await site.starts()
    await site.passes(6 * S)
    t.same(site.fatal, [], 'not at the first crash')
    const fate = site.submits(1)
    await site.passes(60 * S)
    t.ok(site.fatal.length > 0, 'another program is asked for')
    t.ok(site.count.loads >= 5, 'after some tries')
    await site.passes(600 * S)
    t.ok(site.count.loads < 40, `${site.count.loads} rebuilds in eleven minutes`)
    t.ok(site.count.log < 100, `${site.count.log} lines in the log`)
    t.equal(site.quarantined(), 0)
    t.equal(fate.is, 'waits')
    state.isBroken = false
    await site.passes(60 * S)
    t.equal(fate.is, 'done', 'judged when the core is well again')
  },
)

t.test(
  'a batch on which the core crashes is set aside at the third crash, and its neighbours are stored',
  async (t) => {
    const site = life(t, { crashesAt: POISON })
    await site.starts()
    const fates = [site.submits(1), site.submits(POISON), site.submits(2)]
    await site.passes(20 * S)
    t.same(
      fates.map(({ is }) => is),
      ['done', 'done', 'done'],
    )
    t.equal(site.quarantined(), 1)
    t.equal(site.of('input.quarantined').length, 1)
    t.match(site.account(), { received: 3, stored: 2, queued: 0, rejected: { quarantined: 1 } })
    t.same(site.fatal, [])
  },
)

t.test('a disk that takes nothing for long does not heat the box', async (t) => {
  for (const mood of ['full', 'fullBetween'] as const) {
    const site = life(t)
    await site.starts()
    const before = site.count.loads
    site.disk.commit = mood
    const fates = []
    for (let second = 0; second < 600; second++) {
      fates.push(site.submits(second % 20))
      await site.passes(S)
    }
    t.ok(site.count.loads - before < 40, `${mood}: ${site.count.loads - before} rebuilds in ten minutes`)
    t.ok(site.count.commits < 100, `${site.count.commits} commits`)
    site.disk.commit = 'ok'
    await site.passes(60 * S)
    t.ok(
      fates.every(({ is }) => is === 'store_failed' || is === 'done'),
      'whoever waited got an answer',
    )
    const last = site.submits(1)
    await site.passes(S)
    t.equal(last.is, 'done', 'and all is well again')
    t.equal(site.account()?.queued, 0)
    t.ok(site.of('alarm.raised').length <= 1)
  }
})

t.test('while the store cannot be read, whoever waits is refused, and stopping ends', async (t) => {
  const site = life(t)
  await site.starts()
  site.disk.commit = 'full'
  site.disk.load = 'broken'
  const first = site.submits(20)
  await site.passes(100)
  t.equal(first.is, 'store_failed')
  const batch = site.submits(21)
  const command = site.pipeline
    .command({ type: 'alarm.acknowledge', alarm: 'A1', by: 'x', id: 'c1', actor: 'x' })
    .catch((error: Fault) => error.code)
  await site.passes(40 * S)
  t.equal(batch.is, 'store_failed')
  t.equal(await command, 'store_failed')
  t.match(site.account(), { received: 2, queued: 0, rejected: { store_failed: 2 } })
  const late = site.submits(22)
  t.equal(await site.stops(), 'stopped')
  t.equal(late.is, 'stopping')
  t.equal(site.account()?.queued, 0)
  const after = site.count.loads
  await site.passes(600 * S)
  t.equal(site.count.loads, after, 'and nothing goes on behind it')
})

t.test('stopping ends on a full disk, with and without something to write', async (t) => {
  for (const isBusy of [false, true]) {
    const site = life(t)
    await site.starts()
    site.disk.commit = 'full'
    const fate = isBusy ? site.submits(20) : null
    t.equal(await site.stops(), 'stopped')
    if (fate) t.equal(fate.is, 'store_failed')
  }
})

t.test(
  'a durable batch on which a newer program crashes is set aside at start, once, and every start succeeds',
  async (t) => {
    const older = life(t)
    await older.starts()
    await older.passes(S)
    older.disk.commit = 'fullBetween' // the readings are durable; what followed from them is not
    older.submits(1)
    older.submits(POISON)
    await older.passes(100)
    t.equal(older.core.batchesAfter(0, 9).length, 2)
    older.dies()
    for (const start of ['first', 'second', 'third']) {
      const newer = life(t, { folder: older.folder, crashesAt: POISON })
      await newer.starts()
      const fate = newer.submits(3)
      await newer.passes(S)
      t.equal(fate.is, 'done', `${start} start`)
      t.equal(newer.quarantined(), 1)
      t.equal(newer.of('input.quarantined').length, 1)
      newer.dies() // no checkpoint: the next one reads the same batch again
    }
  },
)

t.test('a start succeeds also when the batch it leaves out cannot be set aside', async (t) => {
  const older = life(t)
  await older.starts()
  older.disk.commit = 'fullBetween'
  older.submits(POISON)
  await older.passes(100)
  older.dies()
  const newer = life(t, { folder: older.folder, crashesAt: POISON })
  newer.disk.quarantine = 'full'
  await newer.starts()
  const fate = newer.submits(3)
  await newer.passes(S)
  t.equal(fate.is, 'done')
  t.equal(newer.core.batchesAfter(0, 9).length, 2, 'it is still in the log')
})

t.test('a reader of what was committed that throws harms nobody', async (t) => {
  const site = life(t)
  await site.starts()
  const { loads } = site.count
  site.known.throws = true
  const [first, second] = [site.submits(20), site.submits(1)]
  await site.passes(S)
  const third = site.submits(2)
  await site.passes(S)
  t.same([first.is, second.is, third.is], ['done', 'done', 'done'])
  t.equal(site.count.loads, loads, 'nothing is rebuilt')
  t.match(site.account(), { received: 3, stored: 3, queued: 0 })
})

t.test('a message sent again after a restart is recognised, however many without a key came between', async (t) => {
  const site = life(t)
  await site.starts()
  site.submits(1, 'bin#7')
  await site.passes(S)
  t.equal(await site.stops(), 'stopped')
  const { snapshot, keyframe, newestBatch } = site.core.load('p')
  const batches = Array.from({ length: 20_001 }, (_, i) => ({
    id: newestBatch + 1 + i,
    source: 's',
    received_at: site.clock.now(),
    key: null,
    body: encodeReadings([], site.clock.now(), new SeriesNames()),
  }))
  const readingsUpto = batches.at(-1)!.id
  site.core.commit({
    batches,
    series: [],
    events: [],
    answers: [],
    snapshot,
    readingsUpto,
    keyframe: { batch: readingsUpto, plan: 'p', keyframe: keyframe!.keyframe },
  })
  site.dies()
  const next = life(t, { folder: site.folder })
  await next.starts()
  const [again, other] = [next.submits(1, 'bin#7'), next.submits(1, 'bin#8')]
  await next.passes(S)
  t.same([again.is, other.is], ['done', 'done'])
  t.match(next.account(), { received: 2, stored: 1, deduplicated: 1 })
})

t.test('the row of an order rises in class with the alarms that join it', async (t) => {
  const folder = emptyFolder(t)
  const core = new StoreCore(folder)
  const opened = {
    type: 'order.opened',
    order: 'W1',
    incident: 'R',
    alarm: 'A1',
    rule: 'r',
    asset: 'A',
    class: 'P3',
  } as const
  const joined = { type: 'order.joined', order: 'W1', rule: 'r2', asset: 'A', closesItself: false } as const
  const stamp = (seq: number) => ({ seq, at: seq, v: 1, trace: 't' }) as const
  core.commit({
    batches: [],
    series: [],
    answers: [],
    keyframe: null,
    snapshot: null,
    readingsUpto: 0,
    events: [
      { ...opened, skill: 's', region: 'n', closesItself: false, ...stamp(1) },
      { ...joined, alarm: 'A2', class: 'P1', ...stamp(2) },
      { ...joined, alarm: 'A3', class: 'P5', ...stamp(3) },
    ],
  })
  core.close()
  const queries = new Queries(folder)
  t.equal(queries.get('orders', 'W1')?.class, 'P1')
  queries.close()
})

t.test('an empty or torn key file is refused with words, and never makes a public secret', async (t) => {
  const random = { token: () => 'k'.repeat(43), next: () => 0 }
  for (const text of ['', '\n', 'torn']) {
    const folder = emptyFolder(t)
    writeFileSync(join(folder, 'mqtt.key'), text)
    t.throws(
      () => deviceSecrets(folder, random),
      { code: 'store_corrupt', message: /mqtt\.key holds no key/ },
      JSON.stringify(text),
    )
  }
  const folder = emptyFolder(t)
  const secret = deviceSecrets(folder, random)('D1')
  t.equal(deviceSecrets(folder, { ...random, token: () => 'other' })('D1'), secret, 'kept over restarts')
  t.not(deviceSecrets(folder, random)('D2'), secret, 'one for each device')
  const nowhere = join(folder, 'nowhere')
  t.throws(() => deviceSecrets(nowhere, random), { code: 'no_store' }, 'nor is one made where nobody runs')
})

t.test('the control socket stops with an idle client connected', async (t) => {
  const folder = emptyFolder(t)
  const control = await startControl(folder, {
    createToken: async () => ({ id: 'a', token: 'b' }),
    clearTotp: () => Promise.reject(new Error('unused')),
    importPeople: () => Promise.reject(new Error('unused')),
    reload: () => Promise.resolve({ outcome: 'unchanged', faults: [], changes: [] }),
    testChannel: () => Promise.reject(new Error('not asked')),
    plant: null,
    opcua: null,
  })
  const idle = connect(socketPath(folder))
  let isClosed = false
  idle.once('close', () => (isClosed = true)).on('error', () => {})
  // Answered after the idle one was accepted.
  t.same(await askForToken(folder, 'admin'), { id: 'a', token: 'b' })
  let isStopped = false
  void control.stop().then(() => (isStopped = true))
  await until('stopped', () => isStopped && isClosed)
  t.equal(await askForToken(folder, 'admin'), null, 'nobody listens any more')
})

t.test('F57 rules whose commit fails, or whose core cannot be built, never take effect', async (t) => {
  const [rule] = planOf().rules
  const other: Plan = { ...planOf(), rules: [{ ...rule!, id: 'A/other' }] }
  const next = { makeFlow: (before?: Flow) => coreOf(other, before), plan: 'p2', siteHash: 'h2' }
  for (const mood of ['full', 'fullBetween', 'unbuildable'] as const) {
    const site = life(t)
    await site.starts()
    site.submits(12)
    await site.passes(S)
    t.equal(site.of('alarm.raised').length, 1)
    if (mood !== 'unbuildable') site.disk.commit = mood
    let fate = 'waits'
    const broken = { ...next, makeFlow: () => coreOf(null as unknown as Plan) }
    site.pipeline.reconfigure(mood === 'unbuildable' ? broken : next).then(
      () => (fate = 'done'),
      (error: Error) => (fate = error instanceof Fault ? error.code : error.name),
    )
    await site.passes(5 * S)
    t.equal(fate, mood === 'unbuildable' ? 'TypeError' : 'store_failed', mood)
    site.disk.commit = 'ok'
    await site.passes(60 * S)
    t.strictSame([site.of('alarm.closed').length, site.loadedHash()], [0, 'h'])
    site.submits(1)
    await site.passes(S)
    t.equal(site.of('alarm.cleared').length, 1, 'the old rules judge')

    await Promise.all([site.pipeline.reconfigure(next), site.passes(S)])
    t.strictSame([site.of('alarm.closed').length, site.loadedHash()], [1, 'h2'])
    site.submits(12)
    await site.passes(S)
    t.match(site.of('alarm.raised').at(-1), { rule: 'A/other' }, 'and then the new ones')
    await site.stops()
    site.dies()
    const again = life(t, { folder: site.folder, flow: () => coreOf(other) })
    await again.starts()
    t.equal(again.of('alarm.raised').length, 2, 'started again, they stand where they stood')
  }
})
