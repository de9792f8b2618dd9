import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { BusReport } from '#ingest/modbus/bus-report.ts'
import type { Account } from './accounting.ts'
import type { ForwardingHealth } from './historian/forwarder.ts'
import { mqttGauges } from './mqtt-gauges.ts'
import type { MqttHealth } from './mqtt-roads.ts'
import { vitalGauges } from './vital-gauges.ts'
import type { Vitals } from './vitals.ts'

export type Metrics = Readonly<{
  text(): Promise<string>
  committed(batches: number, events: number, ms: number): void
  stop(): void
}>
type Sources = Readonly<{
  accounts(): ReadonlyMap<string, Account>
  restarts(): ReadonlyMap<string, number>
  forwarding(): readonly ForwardingHealth[]
  buses(): readonly Pick<BusReport, 'id' | 'errorRate' | 'busyShare'>[]
  mqtt(): MqttHealth
  vitals(): Promise<Vitals>
}>

/** What a Prometheus server reads. Names end in their unit. */
export function gatewayMetrics({ accounts, restarts, forwarding, buses, mqtt, vitals }: Sources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'caretaker_' })
  const registers = [registry]

  new Gauge({
    name: 'caretaker_batches',
    help: 'Batches by source and fate; received = stored + queued + deduplicated + rejected.',
    labelNames: ['source', 'fate', 'reason'],
    registers,
    collect() {
      this.reset()
      for (const [source, { rejected, ...fates }] of accounts()) {
        for (const [fate, count] of Object.entries(fates)) this.set({ source, fate, reason: '' }, count)
        for (const [reason, count] of Object.entries(rejected)) this.set({ source, fate: 'rejected', reason }, count)
      }
    },
  })
  new Gauge({
    name: 'caretaker_source_restarts',
    help: 'How often a source was started again.',
    labelNames: ['source'],
    registers,
    collect() {
      for (const [source, count] of restarts()) this.set({ source }, count)
    },
  })
  new Gauge({
    name: 'caretaker_forwarding_lag_batches',
    help: 'Batches of the log that the target has not confirmed.',
    labelNames: ['target', 'state'],
    registers,
    collect() {
      this.reset()
      for (const { target, state, lag } of forwarding()) this.set({ target, state }, lag)
    },
  })
  new Gauge({
    name: 'caretaker_forwarding_points',
    help: 'Points since start by their fate: lines sent or set aside, readings dropped or without a time.',
    labelNames: ['target', 'fate'],
    registers,
    collect() {
      this.reset()
      for (const { target, sent, quarantined, dropped, undated } of forwarding())
        for (const [fate, count] of Object.entries({ sent, quarantined, dropped, undated }))
          this.set({ target, fate }, count)
    },
  })
  const busGauge = (name: string, help: string, figure: 'errorRate' | 'busyShare') =>
    new Gauge({
      name,
      help,
      labelNames: ['bus'],
      registers,
      collect() {
        this.reset()
        for (const { id, [figure]: value } of buses()) if (value !== null) this.set({ bus: id }, value)
      },
    })
  busGauge(
    'caretaker_bus_error_ratio',
    'Share of the last exchanges of a Modbus connection that came broken.',
    'errorRate',
  )
  busGauge('caretaker_bus_busy_ratio', 'Share of time in which the wire was in use.', 'busyShare')
  const commits = new Histogram({
    name: 'caretaker_commit_seconds',
    help: 'Time from commit to durable.',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers,
  })
  const events = new Counter({ name: 'caretaker_events_total', help: 'Events journaled since start.', registers })
  const batches = new Counter({
    name: 'caretaker_logged_batches_total',
    help: 'Batches logged since start.',
    registers,
  })

  mqttGauges(registry, mqtt)
  const show = vitalGauges(registry)

  return {
    async text() {
      show(await vitals())
      return registry.metrics()
    },
    committed(batchCount, eventCount, ms) {
      batches.inc(batchCount)
      events.inc(eventCount)
      commits.observe(ms / 1_000)
    },
    stop: () => registry.clear(),
  }
}
