import type { Clock } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import { Fault } from '#devices/fault.ts'
import { badReading, type Reading } from '#devices/reading.ts'
import { boundedEmits } from '../modbus/bounded-emits.ts'
import type { Log } from '../modbus/log.ts'
import type { Source } from '../source.ts'
import { type Branch, browse } from './browse.ts'
import type { OpcUaConnection } from './connection.ts'
import { itemBook } from './item-book.ts'
import { itemsOf } from './item.ts'
import { type Life, live } from './life.ts'
import { loadOpcUa } from './library.ts'
import type { OwnCertificate } from './own-certificate.ts'
import { openSession, type Session } from './session.ts'
import type { ServerTrust, Verdict } from './server-trust.ts'
import { type Trouble, troubleOf } from './trouble.ts'
import { writeOnce } from './write-node.ts'

const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000] as const
/** While a server is away its points are told to be bad again, or the device would count as silent for another reason. */
const REMIND_EVERY_MS = 30_000

/** A server as a person sees it. Times are site time in ms. */
export type ServerReport = Readonly<{
  id: string
  endpoint: string
  mode: OpcUaConnection['mode']
  policy: string
  identity: OpcUaConnection['identity']['kind']
  state: 'idle' | 'up' | 'down'
  since: number | null
  /** Why there is no session; null while there is one. */
  trouble: Trouble | null
  /** Sessions since the start. */
  sessions: number
  publishingMs: number | null
  items: number
  /** Points whose node the server does not have, or does not show us. */
  refused: readonly Readonly<{ device: string; point: string; nodeId: string }>[]
  /** Points that come without the deadband that their profile asks for. */
  withoutDeadband: readonly Readonly<{ device: string; point: string }>[]
}>

export type OpcUaSource = Source &
  Required<Pick<Source, 'read' | 'write'>> &
  Readonly<{
    report(): ServerReport
    /** What stands below a node of the address space, in parts. Rejects with `server_away` or `server_refused`. */
    browse(nodeId: string, from: number): Promise<Branch>
    /** Tries to connect at once: somebody has approved its certificate. */
    tryNow(): void
  }>

type Options = Readonly<{
  connection: OpcUaConnection
  devices: readonly Device[]
  clock: Clock
  /** Real ms. */
  stopwatch(): number
  /** The wall's time: certificates are valid by it. */
  wallNow(): number
  /** Uniform in [0, 1): gateways that lost one server do not come back all at once. */
  chance(): number
  own(): Promise<OwnCertificate>
  trust: ServerTrust
  log?: Log
}>

/**
 * The points of one OPC UA server. A session that has ended for whatever reason is not repaired: client, session,
 * subscription and items are made anew. What was told before is bad from that moment on.
 */
export function opcuaSource(options: Options): OpcUaSource {
  const { connection, clock, stopwatch, wallNow, chance, own, trust, log } = options
  const name = `opcua:${connection.id}`
  const items = itemsOf(options.devices.filter((device) => device.connection === connection.id))
  const itemOf = (device: string, point: string) => {
    const item = items.find((each) => each.device === device && each.point === point)
    if (!item) throw new Error(`${name} has no point ${device} ${point}`)
    return item
  }
  let book = itemBook(items, clock.now())
  let life: Life | null = null
  let isRunning = false
  let since: number | null = null
  let trouble: Trouble | null = null
  let sessions = 0
  let pause = new AbortController()

  function alive(): Life {
    if (!life) throw new Fault('server_away', { connection: connection.id })
    return life
  }

  async function open(opcua: Awaited<ReturnType<typeof loadOpcUa>>, signal: AbortSignal): Promise<Session | null> {
    let verdict: Verdict | null = null
    try {
      return await openSession({
        opcua,
        connection,
        own: await own(),
        isTrusted(chain) {
          verdict = trust.judge(connection.id, chain, wallNow())
          return verdict === 'trusted'
        },
        signal,
      })
    } catch (error) {
      if (!signal.aborted) fail(troubleOf(error, verdict))
      return null
    }
  }

  function fail(next: Trouble): void {
    if (trouble?.code !== next.code || trouble.detail !== next.detail)
      log?.warn({ source: name, endpoint: connection.endpoint, ...next }, 'no OPC UA session')
    if (trouble === null || since === null) since = clock.now()
    trouble = next
  }

  return {
    name,
    async run(emit, signal) {
      const stop = new AbortController()
      const forward = () => stop.abort(signal.reason)
      signal.addEventListener('abort', forward, { once: true })
      if (signal.aborted) forward()
      const outbox = boundedEmits(emit, stop)
      const say = (readings: readonly Reading[]) => outbox.push({ source: name, receivedAt: clock.now(), readings })
      book = itemBook(items, clock.now())
      let [attempts, remindedAt] = [0, -Infinity]
      isRunning = true
      try {
        const opcua = await loadOpcUa()
        while (!stop.signal.aborted) {
          // What was told in a session is bad at once when that is over, however far it came.
          let isTold = false
          const session = await open(opcua, stop.signal)
          try {
            if (session)
              await live({
                ...connection,
                opcua,
                session,
                items,
                book,
                clock,
                stopwatch,
                say(readings) {
                  isTold = true
                  return say(readings)
                },
                begun(begun) {
                  life = begun
                  attempts = 0
                  sessions += 1
                  since = clock.now()
                  trouble = null
                  log?.info({ source: name, endpoint: connection.endpoint, items: items.length }, 'OPC UA session')
                },
              })
          } catch (error) {
            session?.end('not_begun')
            if (!stop.signal.aborted) fail(troubleOf(error, null))
          }
          const hadBegun = life !== null
          life = null
          const why = session?.over.reason as Error | undefined
          if (hadBegun && !stop.signal.aborted) fail({ code: 'lost', detail: why?.message ?? '' })
          if (items.length > 0 && !stop.signal.aborted && (isTold || clock.now() - remindedAt >= REMIND_EVERY_MS)) {
            remindedAt = clock.now()
            await say(book.lost(remindedAt))
          }
          await session?.gone()
          if (stop.signal.aborted) break
          pause = new AbortController()
          const backoffMs = BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length - 1)]! * (0.8 + 0.4 * chance())
          attempts += 1
          await clock.sleep(backoffMs, AbortSignal.any([stop.signal, pause.signal])).catch(() => {})
        }
      } finally {
        isRunning = false
        life = null
        signal.removeEventListener('abort', forward)
      }
      if (!signal.aborted) throw stop.signal.reason
    },
    async read(device, point, signal) {
      const item = itemOf(device, point)
      if (!life) return badReading(device, point, clock.now(), 'connection_lost')
      signal.throwIfAborted()
      try {
        const [answer] = await life.read([item])
        return book.answered(item, answer!, clock.now())
      } catch {
        return badReading(device, point, clock.now(), 'no_response')
      }
    },
    async write(device, point, value, signal, mayStill) {
      const item = itemOf(device, point)
      const owner = options.devices.find(({ id }) => id === device)!
      log?.info({ source: name, device, point, value }, 'write')
      return writeOnce({ opcua: await loadOpcUa(), life, item, owner, value, signal, mayStill, clock })
    },
    health() {
      const devices = book.health()
      const isHurt = devices.some(({ ok, reason }) => !ok && reason !== undefined)
      const state = !isRunning ? 'starting' : life ? (isHurt ? 'degraded' : 'running') : trouble ? 'down' : 'starting'
      return { source: name, state, devices }
    },
    report: () => ({
      id: connection.id,
      endpoint: connection.endpoint,
      mode: connection.mode,
      policy: connection.policy,
      identity: connection.identity.kind,
      state: life ? 'up' : trouble ? 'down' : 'idle',
      since,
      trouble,
      sessions,
      publishingMs: life?.subscription?.publishingMs ?? null,
      items: items.length,
      refused: book.refusals().map(({ device, point, nodeId }) => ({ device, point, nodeId })),
      withoutDeadband: (life?.subscription?.withoutDeadband ?? []).map(({ device, point }) => ({ device, point })),
    }),
    browse: async (nodeId, from) => browse(await loadOpcUa(), alive(), nodeId, from),
    tryNow: () => pause.abort(),
  }
}
