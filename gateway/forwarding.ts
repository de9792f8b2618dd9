import type { SiteClock } from './clock.ts'
import { forward, type Forwarding, type ForwardingHealth } from './historian/forwarder.ts'
import { targetOf } from './historian/targets.ts'
import type { Site } from './site/site.ts'
import { batchOf } from './store/batch-codec.ts'
import type { Store } from './store/store.ts'

export type AllForwarding = Readonly<{ finished: Promise<void>; nudge(): void; health(): readonly ForwardingHealth[] }>

/** One cursor over the reading log for each database of the site file. */
export function startForwarding({
  site,
  store,
  clock,
  signal,
}: {
  site: Site
  store: Store
  clock: SiteClock
  signal: AbortSignal
}): AllForwarding {
  const devices = new Map(
    site.devices.map(({ id, profile, asset }) => [
      id,
      { kind: profile.kind, area: site.plan.assets.get(asset)?.region ?? 'site', profile: profile.profile },
    ]),
  )
  const log = {
    readAfter: async (id: number, limit: number) =>
      (await store.read.batchesAfter(id, limit)).map((row) => ({ id: row.id, batch: batchOf(row) })),
    newest: () => store.read.newestBatch(),
  }
  const cursors = {
    load: (target: string) => store.read.cursorOf(target),
    save: (target: string, id: number) => store.write.saveCursor(target, id),
  }
  const quarantine = (target: string, line: string, reason: string) =>
    store.write.quarantine(clock.now(), target, reason, line)
  const all: Forwarding[] = site.influx.map((config) =>
    forward({ target: targetOf(config), log, cursors, site: site.id, devices, clock, signal, quarantine }),
  )
  return {
    finished: Promise.all(all.map((forwarding) => forwarding.finished)).then(() => {}),
    nudge() {
      for (const forwarding of all) forwarding.nudge()
    },
    health: () => all.map((forwarding) => forwarding.health()),
  }
}
