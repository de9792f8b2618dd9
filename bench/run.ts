import { cpus } from 'node:os'
import { benchControl } from './control.ts'
import { benchAlarms } from './alarms.ts'
import { benchAudience } from './audience.ts'
import { benchBacktest } from './backtest.ts'
import { benchCore } from './core.ts'
import { benchDecode } from './decode.ts'
import { type Figure, show } from './figure.ts'
import { benchFlood } from './flood.ts'
import { benchHistorian } from './historian.ts'
import { benchLatency } from './latency.ts'
import { benchLineProtocol } from './line-protocol.ts'
import { benchOrders } from './orders.ts'
import { benchOutbox } from './outbox.ts'
import { withDeadUnit } from './modbus/dead-unit.ts'
import { atOneHertz } from './modbus/many-points.ts'
import { benchModbus } from './modbus.ts'
import { benchMqtt, benchNodeRed } from './mqtt.ts'
import { benchRules } from './rules.ts'
import { benchMemory, benchStart } from './start.ts'
import { benchViewers } from './viewers.ts'

/** How long each rate over MQTT is measured. */
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3)

/** `npm run bench` measures all; `npm run bench -- core latency` only those. Nothing is asserted: figures are read. */
const BENCHES: Readonly<Record<string, () => Figure[] | Promise<Figure[]>>> = {
  core: benchCore,
  rules: benchRules,
  alarms: benchAlarms,
  decode: benchDecode,
  backtest: benchBacktest,
  lines: benchLineProtocol,
  orders: benchOrders,
  audience: benchAudience,
  outbox: benchOutbox,
  modbus: benchModbus,
  control: benchControl,
  'modbus-dead': withDeadUnit,
  'modbus-points': atOneHertz,
  historian: benchHistorian,
  start: benchStart,
  mqtt: () => benchMqtt(SECONDS),
  'mqtt-node-red': () => benchNodeRed(SECONDS),
  'mqtt-flood': () => benchFlood(SECONDS),
  latency: benchLatency,
  viewers: benchViewers,
  memory: () => benchMemory(Number(process.env['BENCH_MINUTES'] ?? 10)),
}

const wanted = process.argv.slice(2)
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'cpu'}\n`)
console.log('| figure | measured | must reach | peer in the same run | ratio |\n|---|---|---|---|---|')
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  for (const figure of await bench()) console.log(show(figure))
}
