import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Reading } from '#devices/reading.ts'
import { Queries } from '#gateway/store/queries.ts'
import { verifyFolder } from '#gateway/store/verify.ts'
import type { Command } from '#rules/command.ts'
import type { Event } from '#rules/event.ts'
import type { Plan } from '#rules/plan.ts'
import type { Site } from '#gateway/site/site.ts'
import { estateDeliveries } from './estate.ts'
import { Violation } from './invariants.ts'
import { liveEqualsRebuilt } from './rebuilt.ts'
import { CONTROL_ACTS } from './controllers.ts'
import { commandOf, intentsOf } from './people.ts'
import { type Dice, dice } from './random.ts'
import type { Fate } from './sim-disk.ts'
import { World } from './world.ts'

export type RunOptions = Readonly<{
  seed: number
  site: Site
  plan: Plan
  /** Minutes of trouble; ten more of healing follow. */
  minutes: number
}>
export type Outcome = Readonly<{
  events: readonly Event[]
  count: World['count'] & World['seen']['count'] & World['seen']['control']['count'] & World['seen']['silent']
  simulatedMs: number
}>

/** Rarer than the others: each of theirs can lead to three more. */
const CONTROLLERS = { acts: CONTROL_ACTS, prefix: 'w', every: [1_000, 24_000] } as const
export const START_AT = Date.UTC(2026, 0, 5, 9)
const HEALING_MS = 10 * 60_000
const FATES: readonly Fate[] = [
  'cutBefore',
  'cutBetween',
  'cutBetween',
  'cutAfter',
  { statement: 0 },
  { statement: 1 },
  { statement: 2 },
]

/**
 * A run in which every input is durable before the next one comes. `restarts` of them end in a crash: before, between,
 * amid or after the two commits, or at rest; time stands still until the next life, and what got no answer is sent again.
 */
export async function exactRun({
  seed,
  site,
  plan,
  minutes,
  restarts,
  wallSteps = null,
}: RunOptions & {
  restarts: number
  /** With any, also none: nobody plans by the calendar, which they move. */
  wallSteps?: readonly WallStep[] | null
}): Promise<Outcome> {
  const luck = dice(seed)
  const troubleUntil = START_AT + minutes * 60_000
  const to = troubleUntil + HEALING_MS
  const deliveries = estateDeliveries(site, luck.fork(), { from: START_AT, troubleUntil, to, allKeyed: true })
  const span = { from: START_AT, to, hasCalendar: wallSteps === null }
  const intents = [...intentsOf(luck.fork(), span), ...intentsOf(dice(seed + 1_000_000), span, CONTROLLERS)]
  const fateDice = luck.fork()
  const crashes = new Set<number>()
  const inputs = deliveries.length + intents.length
  while (crashes.size < restarts) crashes.add(fateDice.between(5, inputs - 5))

  const world = new World({ site, plan, startAt: START_AT, dice: luck.fork(), isExact: true, commitMs: () => 0 })
  try {
    let planned = 0
    let isAtRest = false
    const crashHere = (): void => {
      if (!crashes.has(planned++)) return
      if (fateDice.chance(0.15)) isAtRest = true
      else world.arm(fateDice.pick(FATES), fateDice.chance(0.7))
    }
    const ofIntent = new Map<string, Command | null>()
    for (const delivery of deliveries) {
      world.clock.plan(delivery.at, () => {
        crashHere()
        world.deliver(delivery)
      })
    }
    for (const intent of intents) {
      const act = () => {
        if (!ofIntent.has(intent.id)) {
          crashHere()
          ofIntent.set(intent.id, commandOf(intent, world.seen, plan))
        }
        const command = ofIntent.get(intent.id)
        if (command) world.send(command)
      }
      world.clock.plan(intent.at, act)
      if (intent.againAfterMs !== null) world.clock.plan(intent.at + intent.againAfterMs, act)
    }
    planWallSteps(world, wallSteps ?? [])

    world.boot()
    await world.settle()
    while (world.clock.step(to)) {
      await world.settle()
      if (isAtRest && world.life) {
        await liveEqualsRebuilt(world)
        isAtRest = false
        world.arm(null, false)
        if (fateDice.chance(0.5)) await world.stop()
        world.kill()
      }
      if (world.clock.now() > troubleUntil) world.arm(null, false)
      while (!world.life) await world.reboot()
    }
    return await finish(world, to - START_AT)
  } finally {
    world.remove()
  }
}

/** A run in which anything may happen: the invariants alone are held against it. */
export async function chaosRun({ seed, site, plan, minutes }: RunOptions): Promise<Outcome> {
  const luck = dice(seed)
  const troubleUntil = START_AT + minutes * 60_000
  const to = troubleUntil + HEALING_MS
  const deliveries = estateDeliveries(site, luck.fork(), { from: START_AT, troubleUntil, to, allKeyed: false })
  const span = { from: START_AT, to }
  const intents = [...intentsOf(luck.fork(), span), ...intentsOf(dice(seed + 1_000_000), span, CONTROLLERS)]
  const fateDice = luck.fork()
  const slowness = luck.pick([0, 0.1, 0.5])
  let isHealed = false
  const commitMs = (): number =>
    !isHealed && fateDice.chance(slowness) ? fateDice.between(1, fateDice.chance(0.1) ? 4_000 : 300) : 0
  const world = new World({ site, plan, startAt: START_AT, dice: luck.fork(), isExact: false, commitMs })
  try {
    for (const delivery of deliveries) {
      if (delivery.at < troubleUntil && fateDice.chance(0.002))
        world.poison.set(poisonId(delivery.batch), fateDice.pick([1, 2, 3, 3]))
      world.clock.plan(delivery.at, () => world.deliver(delivery))
    }
    for (const intent of intents) {
      world.clock.plan(intent.at, () => {
        const command = commandOf(intent, world.seen, plan)
        if (!command) return
        world.send(command)
        if (intent.againAfterMs !== null)
          world.clock.plan(world.clock.now() + intent.againAfterMs, () => world.send(command))
      })
    }
    planTrouble(world, fateDice, troubleUntil)
    const restartWhenDead = (): void => {
      if (world.life || isRestarting) return
      isRestarting = true
      const downMs = isHealed ? 0 : fateDice.pick([0, 0, 20, 2_000, 7_000, 30_000, 400_000])
      world.clock.plan(world.clock.now() + downMs, () => {
        isRestarting = false
        void world.reboot()
      })
    }
    let isRestarting = false
    world.clock.plan(troubleUntil, () => {
      isHealed = true
      world.arm(null, false)
    })
    world.boot()
    await world.settle()
    while (world.clock.step(to)) {
      await world.settle()
      restartWhenDead()
    }
    return await finish(world, to - START_AT)
  } finally {
    world.remove()
  }
}

export type WallStep = Readonly<{ at: number; byMs: number }>

function planWallSteps(world: World, steps: readonly WallStep[]): void {
  for (const { at, byMs } of steps) world.clock.plan(at, () => world.stepWall(byMs))
}

function planTrouble(world: World, luck: Dice, until: number): void {
  const fates: readonly Fate[] = [
    ...FATES,
    'failBefore',
    'failBetween',
    'failAfter',
    'failBefore',
    'failBetween',
    'failAfter',
  ]
  for (let at = START_AT + 30_000; at < until; at += luck.between(1_000, 90_000)) {
    world.clock.plan(at, () => {
      const kind = luck.next()
      if (kind < 0.7) world.arm(luck.pick(fates), luck.chance(0.5))
      else if (kind < 0.85) world.kill()
      else if (kind < 0.93) void world.stop()
      else world.stepWall(luck.pick([-86_400_000, -3_600_000, 3_600_000, 86_400_000]))
    })
  }
}

function poisonId({ readings }: { readings: readonly { device: string; at: number }[] }): string {
  return `${readings[0]!.device}@${readings[0]!.at}`
}

/** Everything was healed and time has passed: now everything must be as it should. */
async function finish(world: World, simulatedMs: number): Promise<Outcome> {
  const life = world.life
  if (!life) throw new Violation('dead at the end')
  await life.pipeline.flush()
  await world.settle()
  if (world.waiting > 0) throw new Violation(`${world.waiting} still wait for an answer`)
  for (const [source, { queued }] of life.accounting.read())
    if (queued > 0) throw new Violation(`${queued} of ${source} are still queued`)
  world.seen.atEnd()
  await liveEqualsRebuilt(world)
  await life.pipeline.stop()
  await world.settle()
  const events = life.disk.core.eventsAfter(0)
  life.disk.die()
  const verdict = verifyFolder(world.folder)
  if (!verdict.ok) throw new Violation(verdict.problems.join('; '))
  checkFiles(world)
  const { count, control, silent } = world.seen
  return { events, count: { ...world.count, ...count, ...control.count, ...silent }, simulatedMs }
}

/** Sealed, merged or still in the log: what was logged is what is read, no more and no less. */
function checkHistory({ folder, logged }: World): ReadonlySet<string> {
  const queries = new Queries(folder)
  const found = new Map<string, Reading>()
  for (const { device, point } of queries.seriesNames())
    for (const reading of queries.readingsOf(device, point, 0, Number.MAX_SAFE_INTEGER))
      found.set(`${device} ${point} ${reading.at}`, reading)
  queries.close()
  for (const [name, reading] of logged)
    if (!isDeepStrictEqual(found.get(name), reading))
      throw new Violation(
        `${name} was logged as ${JSON.stringify(reading)}, reads as ${JSON.stringify(found.get(name))}`,
      )
  if (found.size !== logged.size) throw new Violation(`${found.size} readings read, ${logged.size} logged`)
  return new Set([...logged.values()].map(({ device, at }) => `${device}@${at}`))
}

/** What was acknowledged stands in the files, what came twice stands there once, and the rows are what the events say. */
function checkFiles(world: World): void {
  const readings = new DatabaseSync(join(world.folder, 'readings.db'), { readOnly: true })
  const quarantined = new Set(
    (readings.prepare('select body from quarantine').all() as { body: string }[]).map(({ body }) =>
      poisonId(JSON.parse(body)),
    ),
  )
  readings.close()
  const stored = checkHistory(world)
  for (const id of world.acked)
    if (!stored.has(id) && !quarantined.has(id)) throw new Violation(`acknowledged and lost: ${id}`)

  const journal = new DatabaseSync(join(world.folder, 'journal.db'), { readOnly: true })
  const answers = new Map(
    (journal.prepare('select id, body from answers').all() as { id: string; body: string }[]).map(({ id, body }) => [
      id,
      body,
    ]),
  )
  for (const [id, answer] of world.answers)
    if (answers.get(id) !== answer)
      throw new Violation(`command ${id} was answered ${answer}; kept: ${answers.get(id)}`)
  const rows = (table: string) =>
    (journal.prepare(`select id, open, doc from ${table}`).all() as { id: string; open: number; doc: string }[]).map(
      ({ id, open, doc }) => ({ id, open: open === 1, doc: JSON.parse(doc) as { state: string } }),
    )
  const { seen } = world
  const same = (what: string, id: string, row: string | undefined, told: string) => {
    if (row !== told) throw new Violation(`${what} ${id} is ${row} in its row, ${told} by its events`)
  }
  const alarms = new Map(rows('alarms').map((row) => [row.id, row.doc.state]))
  for (const { id, state } of seen.alarms.values())
    same('alarm', id, alarms.get(id), state === 'ended' ? 'normal' : state)
  const orders = new Map(rows('orders').map((row) => [row.id, row.doc.state]))
  for (const { id, state } of seen.orders.values()) same('order', id, orders.get(id), state)
  const notices = new Map(rows('notices').map((row) => [row.id, row.doc.state]))
  for (const { id, state } of seen.notices.values()) same('notice', id, notices.get(id), state)
  const outbox = new Map(
    (journal.prepare('select id, state from outbox').all() as { id: string; state: string }[]).map(({ id, state }) => [
      id,
      state,
    ]),
  )
  for (const { id } of seen.messages) if (!outbox.has(id)) throw new Violation(`message ${id} is not in the outbox`)
  if (
    alarms.size !== seen.alarms.size ||
    orders.size !== seen.orders.size ||
    notices.size !== seen.notices.size ||
    outbox.size !== seen.messages.length
  )
    throw new Violation('rows without events')
  journal.close()
}
