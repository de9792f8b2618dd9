import type { Random } from '#devices/clock.ts'
import { parseDuration } from '#devices/duration.ts'
import { valueTypeOf } from '#devices/point.ts'
import type { SiteClock } from './clock.ts'
import { type ChartSource, chartSource, type LocalBucket } from './historian/chart-source.ts'
import { DEFAULT_KEEP } from './historian/config.ts'
import { forward, type Forwarding, type ForwardingHealth } from './historian/forwarder.ts'
import type { ForwardingEvent } from './historian/outage.ts'
import type { TimeRange } from './historian/resending.ts'
import type { ChartRange, ChartSeries, LogReader } from './historian/target.ts'
import { targetOf } from './historian/targets.ts'
import type { Site } from './site/site.ts'
import type { Position } from './store/reading-log.ts'
import type { Store } from './store/store.ts'

export type AllForwarding = Readonly<{
  finished: Promise<void>
  nudge(): void
  /** Sends a past range to the named target again; null when there is no such target, false when it is busy with another. */
  resend(target: string, range: TimeRange): boolean | null
  health(): readonly ForwardingHealth[]
  /** Where charts come from: the first database when the site file says so, and the log whenever that is away. */
  charts(local: (series: ChartSeries, range: ChartRange) => Promise<readonly LocalBucket[]>): ChartSource
}>

type Options = Readonly<{
  site: Site
  store: Pick<Store, 'read' | 'write'>
  clock: SiteClock
  random: Pick<Random, 'next'>
  signal: AbortSignal
  /** What people must hear of. */
  report(event: ForwardingEvent): void
}>

/** One cursor over the reading log for each database of the site file. */
export function startForwarding({ site, store, clock, random, signal, report }: Options): AllForwarding {
  const port = {
    log: logOf(store, site, clock),
    cursors: {
      load: (target: string) => store.read.cursorOf(target),
      save: (target: string, position: Position) => store.write.saveCursor(target, position),
    },
    quarantine: (target: string, line: string, reason: string) =>
      store.write.quarantine(clock.now(), target, reason, line),
    clock,
    random,
    signal,
    report,
  }
  const all = site.influx.map((config): Forwarding & { name: string; target: ReturnType<typeof targetOf> } => {
    const target = targetOf(config)
    const keepMs = parseDuration(config.keep ?? DEFAULT_KEEP)!
    const bounds = config.keep_bytes === undefined ? { keepMs } : { keepMs, keepBytes: config.keep_bytes }
    return { name: target.name, target, ...forward({ target, bounds, ...port }) }
  })
  const numeric = new Set(
    site.devices.flatMap(({ id, profile }) =>
      Object.entries(profile.points)
        .filter(([, point]) => valueTypeOf(point) === 'number')
        .map(([point]) => `${id} ${point}`),
    ),
  )
  return {
    finished: Promise.all(all.map((forwarding) => forwarding.finished)).then(() => {}),
    nudge() {
      for (const forwarding of all) forwarding.nudge()
    },
    resend: (target, range) => all.find(({ name }) => name === target)?.resend(range) ?? null,
    health: () => all.map((forwarding) => forwarding.health()),
    charts(local) {
      const first = site.charts === 'influx' ? all[0] : undefined
      const confirmedAt = () => {
        const { state, confirmedAt } = first!.health()
        return state === 'running' ? confirmedAt : null
      }
      return chartSource({
        local,
        remote: first ? { target: first.target, confirmedAt } : null,
        isNumeric: ({ device, point }) => numeric.has(`${device} ${point}`),
        clock,
      })
    },
  }
}

/** The reading log as lines, made in the query worker: it must know first how devices are named in a database. */
function logOf(
  { read }: Pick<Store, 'read'>,
  { id, devices, plan }: Site,
  clock: Pick<SiteClock, 'isDoubtful'>,
): LogReader {
  const series = new Map(
    devices.map(({ id: device, profile, asset }) => [
      device,
      { kind: profile.kind, area: plan.assets.get(asset)?.region ?? 'site', profile: profile.profile },
    ]),
  )
  let described: Promise<void> | null = null
  const describe = () => (described ??= read.describe(id, series))
  return {
    // What has no time yet waits until it has one.
    readAfter: async (position, limit) =>
      clock.isDoubtful() ? null : (await describe(), read.linesAfter(position, limit)),
    end: (position) => read.logEnd(position),
    skipTo: (from, at) => read.skipTo(from, at),
    range: async (from, to, after) => (await describe(), read.linesOfRange(from, to, after)),
  }
}
