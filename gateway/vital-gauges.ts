import { Gauge, type Registry } from 'prom-client'
import type { Vitals } from './vitals.ts'

/** The gateway's own state for Prometheus. Returns the function that sets all of it at once, before it is read. */
export function vitalGauges(registry: Registry): (vitals: Vitals) => void {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `caretaker_${name}`, help, labelNames, registers: [registry] })
  const entries = gauge('store_entries', 'Batches in the reading log, events in the journal.', ['log'])
  const bytes = gauge('store_bytes', 'Size of the two logs on disk, and of what is written ahead of both.', ['log'])
  const free = gauge('disk_free_bytes', 'What is left for the data folder.')
  const total = gauge('disk_total_bytes', 'Size of the disk that the data folder is on.')
  const siteTime = gauge('site_time_seconds', 'Site time, since the Unix epoch.')
  const offset = gauge('wall_offset_seconds', 'What the wall clock says, less site time.')
  const speed = gauge('site_speed', 'How many times faster than real time site time runs.')
  const uptime = gauge('uptime_seconds', 'Real time since the gateway started.')
  const info = gauge('build_info', 'Always 1; the labels say what is running.', ['version', 'node', 'sqlite'])

  return ({ store, disk, clock, versions: { caretaker: version, node, sqlite }, uptimeMs }) => {
    entries.set({ log: 'readings' }, store.batches)
    entries.set({ log: 'journal' }, store.events)
    bytes.set({ log: 'readings' }, store.readingsBytes)
    bytes.set({ log: 'journal' }, store.journalBytes)
    bytes.set({ log: 'ahead' }, store.walBytes)
    // Unknown is not zero: an alert on a full disk must not fire because nobody could look.
    for (const [gauge, value] of [
      [free, disk?.freeBytes],
      [total, disk?.totalBytes],
    ] as const)
      gauge.set(value ?? Number.NaN)
    siteTime.set(clock.now / 1_000)
    offset.set(clock.wallOffsetMs / 1_000)
    speed.set(clock.speed)
    uptime.set(uptimeMs / 1_000)
    info.set({ version, node, sqlite }, 1)
  }
}
