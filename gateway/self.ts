import type { Clock } from '#devices/clock.ts'
import type { Reading, Value } from '#devices/reading.ts'
import type { BusReport } from '#ingest/modbus/bus-report.ts'
import type { Source } from '#ingest/source.ts'
import type { ForwardingHealth } from './historian/forwarder.ts'
import type { MqttHealth } from './mqtt-roads.ts'
import type { Site } from './site/site.ts'
import { busErrorsOf, isSelf, SELF } from './site/with-self.ts'
import type { Condition } from './store/core.ts'
import type { Vitals } from './vitals.ts'

const LOOK_EVERY_MS = 5_000
/** Told again though nothing has changed: silence would mean that nobody looks. */
const TELL_EVERY_MS = 60_000

type Self = Readonly<{
  site: Pick<Site, 'devices'>
  condition(): Promise<Condition>
  forwarding(): readonly ForwardingHealth[]
  /** Modbus connections, and the share of their exchanges that came broken (0…1), as far as it is known. */
  lines(): readonly Pick<BusReport, 'id' | 'errorRate'>[]
  /** Of the disk that the data folder is on. */
  room(): Promise<Vitals['disk']>
  /** Days until certificates of OPC UA end, as points. */
  certificateDays?(): Readonly<Record<string, number>>
  /** How many people no road led to in the last hour. */
  unreached?(): number
  /** What people were to be told: how many messages nobody got lately, and since when the oldest waits. */
  messages(): Promise<Readonly<{ undelivered: number; waitingSince: number | null }>>
  /** Ids over which two clients of the broker fight. */
  contested(): number
  /** Brokers of others, and what goes out to them. */
  mqtt(): Pick<MqttHealth, 'brokers' | 'outward'>
  clock: Clock
}>

/**
 * The gateway as a source: what it knows of itself, as the points of profile `caretaker-gateway`. Null where the site has
 * given its name to something else: two that speak as one would hide each other's silence.
 */
export function selfSource(self: Self): Source | null {
  const { clock, site } = self
  if (!site.devices.some(isSelf)) return null
  let lastHeardAt: number | null = null
  return {
    name: SELF,
    async run(emit, signal) {
      let [told, toldAt] = ['', -Infinity]
      while (!signal.aborted) {
        const points = await pointsOf(self)
        const now = clock.now()
        const said = JSON.stringify(points)
        if (said !== told || now - toldAt >= TELL_EVERY_MS) {
          const readings = Object.entries(points).map(([point, value]) => readingOf(point, value, now))
          await emit({ source: SELF, receivedAt: now, readings }, 'flow')
          ;[told, toldAt] = [said, now]
        }
        lastHeardAt = now
        await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {})
      }
    },
    health: () => ({ source: SELF, state: 'running', devices: [{ device: SELF, ok: true, lastHeardAt }] }),
  }
}

async function pointsOf({
  condition,
  forwarding,
  lines,
  room,
  contested,
  unreached,
  mqtt,
  certificateDays = () => ({}),
  messages,
  clock,
}: Self): Promise<Record<string, Value | null>> {
  const [{ shed, restored, damaged }, disk, { undelivered, waitingSince }] = await Promise.all([
    condition(),
    room(),
    messages(),
  ])
  const targets = forwarding()
  const sum = (figure: 'dropped' | 'quarantined') => targets.reduce((total, target) => total + target[figure], 0)
  const isKnown = targets.every(({ confirmedAt, lag }) => lag === 0 || confirmedAt !== null)
  const behindMs = targets.map(({ confirmedAt, lag }) => (lag > 0 ? clock.now() - confirmedAt! : 0))
  return {
    database_away: targets.some(({ state }) => state === 'unavailable'),
    // To the minute: it would be told every time otherwise. A gateway that has just started may not know: not a word then.
    ...(isKnown
      ? { database_behind: Math.floor(Math.max(0, ...behindMs) / TELL_EVERY_MS) * (TELL_EVERY_MS / 1_000) }
      : {}),
    readings_dropped: sum('dropped'),
    lines_quarantined: sum('quarantined'),
    readings_shed: shed.readings,
    clients_contested: contested(),
    pages_unreached: unreached?.() ?? 0,
    broker_away: mqtt().brokers.some(({ state }) => state === 'away'),
    broker_refuses: mqtt().brokers.some(({ refusedFilters }) => refusedFilters.length > 0),
    outward_given_up: mqtt().outward.reduce((total, target) => total + target.givenUp, 0),
    messages_undelivered: undelivered,
    messages_late: waitingSince === null ? 0 : Math.floor((clock.now() - waitingSince) / TELL_EVERY_MS),
    store_restored: restored.length > 0,
    store_damaged: damaged !== null,
    // A line that carries nothing now says nothing of its quality: what was known stands.
    ...Object.fromEntries(
      lines().flatMap(({ id, errorRate }) =>
        errorRate === null ? [] : [[busErrorsOf(id), Math.round(errorRate * 100)]],
      ),
    ),
    ...certificateDays(),
    disk_free: disk && Math.round((100 * disk.freeBytes) / disk.totalBytes),
  }
}

function readingOf(point: string, value: Value | null, at: number): Reading {
  return value === null
    ? { device: SELF, point, value, quality: 'bad', reason: 'no_response', at }
    : { device: SELF, point, value, quality: 'good', at }
}
