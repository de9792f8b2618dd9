import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import modbusSerial from 'modbus-serial'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import { lineMeter } from '#ingest/modbus/line-meter.ts'
import { openTransport } from '#ingest/modbus/open-transport.ts'
import { modbusSession } from '#ingest/modbus/session.ts'
import type { Figure } from './figure.ts'
import { farEnd, gapMs, serialLine, wireMs } from './modbus/far-end.ts'
import { pollAndStore } from './modbus/full-road.ts'

const SECONDS = 3
/** Of the wire's own limit, by baud rate. */
const WIRE_SHARE = { 9_600: 0.95, 19_200: 0.93, 115_200: 0.85 } as const

/** Requests a second, against modbus-serial alone, which decodes and stores nothing, and against the wire's own limit. */
export async function benchModbus(): Promise<Figure[]> {
  return [...(await overTcp()), ...(await overSerialLines())]
}

async function overTcp(): Promise<Figure[]> {
  const far = farEnd({ kind: 'tcp' })
  const [port] = (await once(far, 'message')) as [number]
  const figures: Figure[] = []
  for (const count of [10, 125]) {
    for (const window of [1, 8]) {
      const peer = await peerRate(port, count, window)
      const connection = { id: 'b', protocol: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs: 1_000 } as const
      const own = await pollAndStore(connection, { count, window, ms: SECONDS * 1_000 })
      const alone = await ownRate(connection, count, window)
      const name = `Modbus TCP, ${count} registers, window ${window}`
      figures.push(
        against(`${name}: the road alone`, alone.perSecond, 'requests/s', peer.perSecond),
        against(`${name}: polled, scaled, judged, stored`, own.perSecond, 'requests/s', peer.perSecond),
        against(`${name}: CPU of the road`, alone.cpuUs, 'µs/request', peer.cpuUs),
        against(`${name}: CPU of all of it`, own.cpuUs, 'µs/request', peer.cpuUs),
      )
    }
  }
  far.kill()
  return figures
}

function against(name: string, value: number, unit: string, peer: number): Figure {
  const goal = unit === 'requests/s' ? { goal: '≥ 0.9 ×' } : {}
  return {
    name,
    value,
    unit,
    ...goal,
    peer: `modbus-serial ${Math.round(peer).toLocaleString('en')}`,
    ratio: value / peer,
  }
}

async function overSerialLines(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const baud of [9_600, 19_200, 115_200] as const) {
    const line = await serialLine(baud)
    for (const count of [10, 125]) {
      const connection = {
        id: 'b',
        protocol: 'modbus-rtu',
        path: line.path,
        baud,
        parity: 'none',
        stopBits: 1,
        timeoutMs: 2_000,
      } as const
      const { perSecond } = await ownRate(connection, count, 1)
      const limit = 1_000 / (wireMs(8 + 5 + count * 2, baud) + 2 * gapMs(baud))
      const name = `RTU ${baud.toLocaleString('en')} baud, ${count} registers`
      figures.push({
        name,
        value: perSecond,
        unit: 'requests/s',
        goal: `≥ ${WIRE_SHARE[baud]} of the wire`,
        peer: `the wire ${limit.toFixed(1)}/s`,
        ratio: perSecond / limit,
      })
    }
    line.stop()
  }
  return figures
}

type Rate = Readonly<{ perSecond: number; cpuUs: number }>

async function ownRate(connection: ModbusConnection, count: number, window: number): Promise<Rate> {
  const transport = await openTransport(
    connection,
    lineMeter(() => performance.now()),
    new AbortController().signal,
  )
  const session = modbusSession(transport)
  const rate = await rateOf(window, async () => {
    const reply = await session.ask({ unitId: 1, table: 'holding', address: 0, count })
    if (reply.kind !== 'values') throw new Error(JSON.stringify(reply))
  })
  transport.end()
  return rate
}

async function peerRate(port: number, count: number, window: number): Promise<Rate> {
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port })
  client.setID(1)
  client.setTimeout(1_000)
  const rate = await rateOf(window, () => client.readHoldingRegisters(0, count))
  client.destroy(() => {})
  return rate
}

async function rateOf(window: number, ask: () => Promise<unknown>): Promise<Rate> {
  for (let i = 0; i < 20; i++) await ask()
  const from = performance.now()
  const cpu = process.threadCpuUsage()
  let done = 0
  const lane = async () => {
    while (performance.now() - from < SECONDS * 1_000) {
      await ask()
      done += 1
    }
  }
  await Promise.all(Array.from({ length: window }, lane))
  const { user, system } = process.threadCpuUsage(cpu)
  return { perSecond: (done / (performance.now() - from)) * 1_000, cpuUs: (user + system) / done }
}
