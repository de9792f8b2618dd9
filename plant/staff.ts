import { setTimeout as pause } from 'node:timers/promises'
import type { Clock, Random } from '#devices/clock.ts'
import { findingOf, type Language } from './findings.ts'
import { type Errand, type OpenAlarm, type OpenNotice, type OpenOrder, reasonOf, staffApi } from './staff-api.ts'

/** How long people take, in site time; each counts from the step before it. */
export type Pace = Readonly<{
  confirmMs: number
  acceptMs: number
  arriveMs: number
  repairMs: number
  finishMs: number
  closeMs: number
  /** Repaired, and the cause has not gone in this time, or has come back: they repair again. */
  lookAgainMs: number
  /** To a door, to a telephone, or to the entrance with a sheet. */
  errandMs: number
  /** From the end of the condition to the check on site after which a latch is reset. */
  resetMs: number
}>

export const USUAL_PACE: Pace = {
  confirmMs: 5_000,
  acceptMs: 6_000,
  arriveMs: 15_000,
  repairMs: 20_000,
  finishMs: 10_000,
  closeMs: 3_000,
  lookAgainMs: 100_000,
  errandMs: 20_000,
  resetMs: 8_000,
}

const LOOK_EVERY_MS = 1_000
/** However fast the site's time runs, the gateway is not asked more often than this in real time. */
const SHORTEST_PAUSE_MS = 20
const MOST_REMEMBERED = 10_000

export type StaffParts = Readonly<{
  baseUrl: string
  /**
   * Bearer tokens by person id or role; `technician` acts for any assignee without one, `steward` for the stewards,
   * `chief` resets latches.
   */
  tokens: Readonly<Record<string, string>>
  stewards?: readonly string[]
  /** Acts on an alarm that no open order answers for. */
  chief?: string
  languages?: readonly Language[] | undefined
  clock: Clock
  random: Random
  signal: AbortSignal
  /** The repair itself: makes the device healthy in the plant, and names the fault that was found. */
  healer: (device: string) => string | null
  log: (line: string) => void
  pace?: Partial<Pace>
}>

/** What the staff remember of one order or notice: since when it stands where it stands. */
type Memory = { state: string; since: number; repairedAt: number | null; tries: number; finding: string }
/** An idempotency key lives until its command is answered: a lost answer is asked for again, a refusal is asked anew. */
type Attempts = Map<string, string>

/**
 * Plays the people of the estate through the HTTP API. Resolves when the signal aborts, and survives everything else:
 * what is refused or unreachable is tried again in the next round.
 */
export async function playStaff(parts: StaffParts): Promise<void> {
  const { clock, random, signal, tokens, stewards = ['S1', 'S2'], chief = 'CE', languages = ['zh-CN', 'en'] } = parts
  const pace = { ...USUAL_PACE, ...parts.pace }
  const api = staffApi(parts.baseUrl, signal)
  const memories = new Map<string, Memory>()
  const attempts: Attempts = new Map()
  const acknowledged = new Set<string>()
  const said = new Map<string, string>()

  /** The same complaint about the same thing is written once. */
  const complain = (about: string, why: string) => {
    if (said.get(about) !== why && !signal.aborted) parts.log(`staff: ${about}: ${why}`)
    said.set(about, why)
  }
  const tokenOf = (person: string, role: string) => tokens[person] ?? tokens[role] ?? ''
  const remember = (id: string, state: string): Memory => {
    const known = memories.get(id)
    if (known?.state === state) return known
    const memory = { state, since: clock.now(), repairedAt: null, tries: 0, finding: '' }
    memories.set(id, memory)
    return memory
  }
  /** Closed things leave the lists; a demonstration runs for weeks. */
  const forget = (listed: ReadonlySet<string>) => {
    for (const id of memories.keys()) if (!listed.has(id)) memories.delete(id)
    for (const kept of [attempts, said, acknowledged]) if (kept.size > MOST_REMEMBERED) kept.clear()
    said.delete('round')
  }
  const act = async (path: string, by: string, token: string, body: object = {}) => {
    const key = attempts.get(path) ?? random.token()
    attempts.set(path, key)
    const outcome = await api.command(path, token, key, { by, ...body })
    if (outcome.kind !== 'away') attempts.delete(path)
    if (outcome.kind === 'done') parts.log(`staff: ${by} ${path}`)
    else complain(`${by} ${path}`, outcome.why)
    return outcome.kind
  }

  const work = async (order: OpenOrder) => {
    const memory = remember(order.id, order.state)
    const { assignee } = order
    // Nobody fits it: that is for the people the gateway falls back on, not for this play.
    if (assignee === null) return
    const waited = (ms: number, since = memory.since) => clock.now() - since >= ms
    const token = tokenOf(assignee, 'technician')
    const step = (name: string, body?: object) => act(`/orders/${order.id}/${name}`, assignee, token, body)
    const repair = () => {
      const faults = order.devices.map((device) => parts.healer(device))
      memory.finding = findingOf(faults.find((fault) => fault !== null) ?? null, languages)
      memory.repairedAt = clock.now()
    }
    switch (order.state) {
      case 'dispatched':
        if (waited(pace.acceptMs)) await step('accept')
        return
      case 'accepted':
        for (const id of order.alarmIds.filter((each) => !acknowledged.has(each))) {
          // Refused means that somebody was faster, or that it has cleared: nothing left to acknowledge.
          if ((await act(`/alarms/${id}/ack`, assignee, token)) !== 'away') acknowledged.add(id)
        }
        if (waited(pace.arriveMs)) await step('arrive')
        return
      case 'arrived':
        if (memory.repairedAt === null && waited(pace.repairMs)) repair()
        if (memory.repairedAt !== null && waited(pace.finishMs, memory.repairedAt)) {
          await step('finish', { finding: memory.finding })
        }
        return
      case 'restored':
        // A new fault of a device may join the order that has it already.
        if (waited(pace.lookAgainMs, memory.repairedAt ?? memory.since)) repair()
        return
      case 'verified':
        if (waited(pace.closeMs)) await step('close')
    }
  }
  /** What an order leaves behind: a latch that wants a check on site, an alarm that went before anybody saw it. */
  const tidy = async (alarm: OpenAlarm, orders: readonly OpenOrder[]) => {
    const memory = remember(alarm.id, alarm.state)
    if (clock.now() - memory.since < pace.resetMs) return
    const by = orders.find(({ id }) => id === alarm.orderId)?.assignee ?? chief
    if (alarm.state === 'latched_acknowledged') await act(`/alarms/${alarm.id}/reset`, by, tokenOf('', 'chief'))
    if (alarm.state === 'latched' || alarm.state === 'returned')
      await act(`/alarms/${alarm.id}/ack`, by, tokenOf(by, 'technician'))
  }
  const confirm = async (notice: OpenNotice) => {
    const memory = remember(notice.id, notice.state)
    if (notice.state !== 'draft' || clock.now() - memory.since < pace.confirmMs) return
    // Which steward looks after which homes is the gateway's knowledge: after a refusal the next one tries.
    const by = stewards[memory.tries % stewards.length] ?? ''
    const outcome = await act(`/notices/${notice.id}/confirm`, by, tokenOf(by, 'steward'))
    if (outcome === 'refused') memory.tries += 1
  }
  /** Somebody goes there, or rings up; now and then nobody answers. */
  const runErrand = async (errand: Errand) => {
    const memory = remember(errand.id, errand.state)
    if (clock.now() - memory.since < pace.errandMs) return
    const by = stewards[0] ?? chief
    const result = random.next() < 0.1 ? 'not_met' : 'told'
    await act(`/reach-tasks/${errand.id}/done`, by, tokenOf(by, 'steward'), { result })
  }

  while (!signal.aborted) {
    try {
      const orders = await api.orders(tokenOf('', 'technician'))
      for (const order of orders) await work(order)
      const alarms = await api.alarms(tokenOf('', 'technician'))
      for (const alarm of alarms) await tidy(alarm, orders)
      const notices = await api.notices(tokenOf('', 'steward'))
      for (const notice of notices) await confirm(notice)
      const errands = await api.errands(tokenOf('', 'technician'))
      for (const errand of errands) await runErrand(errand)
      forget(new Set([...orders, ...alarms, ...notices, ...errands].map(({ id }) => id)))
    } catch (error) {
      complain('round', reasonOf(error))
    }
    try {
      await Promise.all([clock.sleep(LOOK_EVERY_MS, signal), pause(SHORTEST_PAUSE_MS)])
    } catch {
      return
    }
  }
}
