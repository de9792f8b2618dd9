import { COMMUNICATION_REASONS, type Reading, type Value } from '#devices/reading.ts'
import { WriteFailed } from '#ingest/write-failed.ts'
import type { Source } from '#ingest/source.ts'
import { isHeld, judgeWhen } from '#rules/control/allowed.ts'
import type { Request } from '#rules/control/book.ts'
import type { Command } from '#rules/command.ts'
import type { ControlOutcome, Event, Why } from '#rules/event.ts'
import type { Control } from '#rules/plan.ts'
import type { ControlDesk } from './desk.ts'

type Options = Readonly<{
  /** As they are in force. */
  controls(): readonly Control[]
  desk: ControlDesk
  sourceOf(device: string): Source | undefined
  command(command: Command): Promise<unknown>
  clock: Readonly<{ now(): number; delay(realMs: number, run: () => void): () => void }>
  log(level: 'warn' | 'error', message: string, fields: object): void
}>
export type ControlExecutor = Readonly<{
  /** After each commit, in order. */
  committed(events: readonly Event[]): void
  /** After memory was built again: what is pending and was not begun in this life. */
  takeUp(): void
  /** Runs until the signal aborts. What is on the wire then is left pending, and read back at the next start. */
  run(signal: AbortSignal): Promise<void>
}>
type Settled = Readonly<{ outcome: ControlOutcome; readBack: Value | null; why?: Why }>

/** A write that has not had its turn by then is not sent any more. */
const TURN_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 500
/** After a restart the devices may take a while to be reached. */
const LOOKS_AFTER_RESTART = 60
const SETTLE_AGAIN_MS = 1_000

/**
 * Carries out what was decided: it takes requests only when they are durable, looks once more whether all is as it must
 * be, on values read for that, writes once, and says what the device then holds. A request that an earlier life left
 * behind may have been written or not: it is read back, never written.
 */
export function controlExecutor({ controls, desk, sourceOf, command, clock, log }: Options): ControlExecutor {
  const begun = new Set<string>()
  const underWay = new Set<Promise<void>>()
  let ending: AbortSignal | null = null

  function begin(request: Request, carryOut: (request: Request, control: Control, source: Road) => Promise<Settled>) {
    begun.add(request.request)
    const task = settle(request, carryOut)
      .catch((error: Error) => log('error', 'a control request is not settled', { error: error.message }))
      .finally(() => underWay.delete(task))
    underWay.add(task)
  }

  async function settle(request: Request, carryOut: Parameters<typeof begin>[1]): Promise<void> {
    const control = controls().find(({ device, point }) => device === request.device && point === request.point)
    const source = roadOf(sourceOf(request.device))
    const settled =
      control && source
        ? await carryOut(request, control, source)
        : carryOut === write
          ? unsettled('not_sent', 'no_road')
          : unsettled('unconfirmed', 'unreadable')
    // What the wire was doing when the program ended is seen by the next life.
    if (ending?.aborted) return
    const { outcome, readBack, why } = settled
    if (outcome !== 'verified') log('warn', 'a write was not verified', { ...request, settled })
    const { request: id } = request
    const body = { type: 'control.settle', request: id, outcome, readBack, ...(why ? { why } : {}) } as const
    while (!ending?.aborted) {
      try {
        return void (await command({ ...body, id: `control-settle:${id}`, actor: 'gateway' }))
      } catch (error) {
        log('error', 'an outcome waits for the store', { request: id, error: (error as Error).message })
        await pause(SETTLE_AGAIN_MS)
      }
    }
  }

  async function write({ asset, device, point, to }: Request, control: Control, source: Road): Promise<Settled> {
    const turn = newTurn()
    try {
      const readings = await fresh(control, source, turn.signal)
      const now = readings.get(point)!
      const readBack = now.value
      const judged = judgeWhen(control, readings, clock.now())
      if (judged.when !== 'true') {
        const code = judged.when === 'false' ? 'precondition_false' : 'precondition_unknown'
        return { outcome: 'not_sent', readBack, why: { code, params: { condition: judged.condition } } }
      }
      // What cannot be read could not be verified.
      if (now.quality === 'bad' && COMMUNICATION_REASONS.has(now.reason!)) return unsettled('not_sent', 'unreadable')
      let heldBack: Why | null = null
      const mayStill = () => {
        const [block] = desk.book.blocksOf(asset)
        heldBack = block ?? (turn.signal.aborted ? { code: 'no_turn', params: {} } : null)
        return heldBack === null
      }
      try {
        return { outcome: 'verified', readBack: await source.write(device, point, to, turn.signal, mayStill) }
      } catch (error) {
        if (!(error instanceof WriteFailed))
          return { outcome: 'not_sent', readBack, why: { code: 'no_turn', params: {} } }
        switch (error.outcome) {
          case 'invalid':
            return { outcome: 'not_sent', readBack, why: { code: 'cannot_hold', params: {} } }
          case 'unsent':
            return { outcome: 'not_sent', readBack, why: heldBack ?? { code: 'no_road', params: {} } }
          case 'refused':
            return { outcome: 'refused', readBack, why: { code: 'device_refused', params: {} } }
          default:
            return await lookAgain(control, source, to, error.held, Math.ceil(control.settleMs / LOOK_EVERY_MS))
        }
      }
    } catch (error) {
      if (turn.signal.aborted) return unsettled('not_sent', 'no_turn')
      throw error
    } finally {
      turn.end()
    }
  }

  /** Values of this moment, past all schedules: of the point, and of all that its conditions speak of. */
  async function fresh(control: Control, source: Road, signal: AbortSignal): Promise<Map<string, Reading>> {
    const points = new Set([control.point, ...control.when.flatMap(({ variables }) => variables)])
    const readings = new Map<string, Reading>()
    for (const point of points) readings.set(point, await source.read(control.device, point, signal))
    return readings
  }

  /** It was written, and does not hold it yet, or was not heard since. */
  async function lookAgain(
    control: Control,
    source: Road,
    wanted: Value,
    first: Value | null,
    looks: number,
  ): Promise<Settled> {
    let held = first
    for (let look = 0; look <= looks; look++) {
      if (held !== null && isHeld(wanted, held, control)) return { outcome: 'verified', readBack: held }
      if (look === looks || ending?.aborted) break
      await pause(LOOK_EVERY_MS)
      held = (await glance(control, source)) ?? held
    }
    if (held === null) return unsettled('unconfirmed', 'unreadable')
    return { outcome: 'mismatch', readBack: held, why: { code: 'holds_other', params: { value: held } } }
  }

  async function readBack({ to }: Request, control: Control, source: Road): Promise<Settled> {
    const why = { code: 'restarted', params: {} }
    for (let look = 0; look < LOOKS_AFTER_RESTART && !ending?.aborted; look++) {
      const held = await glance(control, source)
      if (held !== null) return { outcome: isHeld(to, held, control) ? 'verified' : 'mismatch', readBack: held, why }
      await pause(LOOK_EVERY_MS)
    }
    return { outcome: 'unconfirmed', readBack: null, why }
  }

  async function glance({ device, point }: Control, source: Road): Promise<Value | null> {
    const turn = newTurn()
    try {
      const reading = await source.read(device, point, turn.signal)
      return reading.quality === 'bad' ? null : reading.value
    } catch {
      return null
    } finally {
      turn.end()
    }
  }

  /** What has not had its turn on the wire by then, or when the program ends, does not get it any more. */
  function newTurn(): Readonly<{ signal: AbortSignal; end(): void }> {
    const turn = new AbortController()
    const over = () => turn.abort(new Error('no turn'))
    const cancel = clock.delay(TURN_WITHIN_MS, over)
    ending?.addEventListener('abort', over, { once: true })
    if (ending?.aborted) over()
    return {
      signal: turn.signal,
      end() {
        cancel()
        ending?.removeEventListener('abort', over)
      },
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel()
        ending?.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.delay(ms, end)
      ending?.addEventListener('abort', end, { once: true })
    })
  }

  function takeUp(): void {
    for (const request of desk.book.pending()) if (!begun.has(request.request)) begin(request, readBack)
  }

  return {
    committed(events) {
      for (const event of events) {
        if (event.type !== 'control.requested' || begun.has(event.request)) continue
        const request = desk.book.request(event.request)
        if (request) begin(request, write)
      }
    },
    takeUp() {
      if (ending) takeUp()
    },
    async run(signal) {
      ending = signal
      takeUp()
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.all(underWay)
    },
  }
}

type Road = Source & Required<Pick<Source, 'read' | 'write'>>

function roadOf(source: Source | undefined): Road | null {
  return source?.read && source.write ? (source as Road) : null
}

function unsettled(outcome: 'not_sent' | 'unconfirmed', code: string): Settled {
  return { outcome, readBack: null, why: { code, params: {} } }
}
