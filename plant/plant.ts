import type { Clock, Random } from '#devices/clock.ts'
import { closest } from '#devices/closest.ts'
import { type Connection, type Device, topicOf } from '#devices/device.ts'
import { Fault } from '#devices/fault.ts'
import type { Value } from '#devices/reading.ts'
import type { Values } from './model.ts'
import { EXCEPTION, type ModbusServer, startModbusServer } from './modbus-server.ts'
import { worldOf } from './models/table.ts'
import { type Publisher, startPublisher } from './publisher.ts'
import { registerImage, writtenPoint } from './register-image.ts'
import { type CsvRow, type Progress, replayOf } from './replay.ts'
import { type Change, POWER_DIP, simulateDevice } from './simulated-device.ts'

export type PlantSite = Readonly<{
  connections: readonly Connection[]
  devices: readonly Device[]
  timeZone?: string | undefined
}>

export type PlantOptions = Readonly<{
  site: PlantSite
  clock: Clock
  random: Random
  /** `declared` listens where the site file says the devices are, on loopback only. */
  ports: 'declared' | 'free'
  mqtt?: { url: string; secretOf: (device: string) => string } | undefined
  /** Site time between two messages of an MQTT device. */
  publishEveryMs?: number | undefined
  log: (line: string) => void
}>

export type PlantFault = Readonly<{ name: string; kinds: readonly string[] }>

export type Plant = Readonly<{
  /** Connection id → the port that it listens on. */
  ports: Readonly<Record<string, number>>
  /** Puts the MQTT devices on the air: user name is the device's id. For when the broker's port is known only later. */
  connectMqtt(url: string, secretOf: (device: string) => string): Promise<void>
  /**
   * Throws a `Fault` with the known names when device or fault is none. Replaces the device's present fault;
   * `power_dip` reaches all devices of the cabinet and passes by itself.
   */
  provoke(fault: string, device: string): void
  heal(device: string): void
  /** Holds one point at a value until healed: a change of the world at an exactly known time. */
  hold(device: string, point: string, value: Value): void
  /** The fault in force, the faults that it may have, and what the sensors say now. */
  look(device: string): Readonly<{ fault: string | null; faults: readonly string[]; values: Values }>
  faults(): readonly PlantFault[]
  /** Plays a recording from now on; `columns` maps the device's points to CSV columns. */
  replay(recording: {
    device: string
    rows: readonly CsvRow[]
    columns: Readonly<Record<string, string>>
  }): Readonly<{ progress(): Progress }>
  /** The latest changes made by hand or fault, oldest first. */
  writes(): readonly Change[]
  stop(): Promise<void>
}>

const HALF_HOUR_MS = 30 * 60_000
const WRITES_KEPT = 10_000
/** Long enough to be missed: a device that is polled each second counts as silent after 10 s. */
const DIP_MS = 40_000

export async function startPlant(options: PlantOptions): Promise<Plant> {
  const { site, clock, random, log } = options
  const ending = new AbortController()
  const writes: Change[] = []
  const changed = (change: Change) => {
    writes.push(change)
    if (writes.length > WRITES_KEPT) writes.splice(0, WRITES_KEPT / 10)
  }
  const minuteOfDay = minuteOfDayAt(clock.now(), site.timeZone ?? 'Asia/Shanghai')
  const devices = new Map(
    site.devices.map((device) => {
      const world = worldOf(device.profile, { device: device.id, minuteOfDay, random })
      return [device.id, simulateDevice({ device, world, clock, changed })]
    }),
  )
  const find = (id: string) => {
    const found = devices.get(id)
    if (found) return found
    const hint = closest(id, devices.keys())
    const known = [...devices.keys()].join(', ')
    throw new Fault('unknown_device', { device: id, known, ...(hint ? { hint } : {}) })
  }
  /** What hangs on one connection stands in one cabinet: a plant room's, or that of a building's lifts. */
  const cabinetOf = ({ connection }: Device) =>
    [...devices.values()].filter(({ device }) => device.connection === connection)

  const servers = await listenOnAll(site.connections, (connection) => {
    const units = new Map(
      site.devices
        .filter((device) => device.connection === connection.id)
        .map((device) => [device.unitId ?? 1, { simulated: find(device.id), image: registerImage(device) }]),
    )
    return startModbusServer({
      ...whereToListen(connection, options.ports),
      log,
      ask(unitId, table, address, count) {
        const unit = units.get(unitId)
        if (!unit) return { exception: EXCEPTION.targetSilent }
        if (unit.simulated.isSilent()) return 'silent'
        const words = unit.image(table, address, count, unit.simulated.values())
        return words ? { words } : { exception: EXCEPTION.illegalAddress }
      },
      tell(unitId, table, address, words) {
        const simulated = units.get(unitId)?.simulated
        if (!simulated) return { exception: EXCEPTION.targetSilent }
        if (simulated.isSilent()) return 'silent'
        const written = writtenPoint(simulated.device, table, address, words)
        if (!written) return { exception: EXCEPTION.illegalAddress }
        const isTaken = simulated.write(written.point, written.value)
        return isTaken ? { words: [] } : { exception: EXCEPTION.illegalValue }
      },
    })
  })

  const publishers = new Map<string, Publisher>()
  const connectMqtt: Plant['connectMqtt'] = async (url, secretOf) => {
    await Promise.all([...publishers.values()].map((publisher) => publisher.stop()))
    for (const simulated of devices.values()) {
      if (topicOf(simulated.device) === null) continue
      const everyMs = options.publishEveryMs ?? HALF_HOUR_MS
      const secret = secretOf(simulated.device.id)
      const { signal } = ending
      publishers.set(
        simulated.device.id,
        startPublisher({ simulated, url, secret, clock, random, everyMs, signal, log }),
      )
    }
    await Promise.all([...publishers.values()].map((publisher) => publisher.tried))
  }
  if (options.mqtt) await connectMqtt(options.mqtt.url, options.mqtt.secretOf)

  return {
    ports: Object.fromEntries([...servers].map(([id, { port }]) => [id, port])),
    connectMqtt,
    provoke(fault, device) {
      const found = find(device)
      if (fault === POWER_DIP && found.faults.includes(fault)) {
        for (const each of cabinetOf(found.device)) each.loseMains(DIP_MS)
        return
      }
      found.provoke(fault)
      publishers.get(device)?.publish()
    },
    heal(device) {
      find(device).heal()
      publishers.get(device)?.publish()
    },
    hold(device, point, value) {
      find(device).hold(point, value)
      publishers.get(device)?.publish()
    },
    look(device) {
      const found = find(device)
      return { fault: found.fault(), faults: found.faults, values: found.values() }
    },
    faults() {
      const kinds = new Map<string, Set<string>>()
      for (const { device, faults } of devices.values()) {
        for (const name of faults) kinds.set(name, (kinds.get(name) ?? new Set()).add(device.profile.kind))
      }
      return [...kinds].map(([name, of]) => ({ name, kinds: [...of] }))
    },
    replay({ device, rows, columns }) {
      const replay = replayOf({ rows, columns, startAt: clock.now() })
      find(device).play(replay)
      return { progress: () => replay.progressAt(clock.now()) }
    },
    writes: () => [...writes],
    async stop() {
      ending.abort(new Error('the plant stops'))
      await Promise.all([
        ...[...publishers.values()].map((publisher) => publisher.stop()),
        ...[...servers.values()].map((server) => server.close()),
      ])
    },
  }
}

/** All or none: a port that is taken must not leave the others listening. */
async function listenOnAll(
  connections: readonly Connection[],
  start: (connection: Connection) => Promise<ModbusServer>,
): Promise<Map<string, ModbusServer>> {
  const servers = new Map<string, ModbusServer>()
  for (const connection of connections) {
    try {
      servers.set(connection.id, await start(connection))
    } catch (cause) {
      await Promise.all([...servers.values()].map((server) => server.close()))
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`connection ${connection.id}: cannot listen: ${reason}`, { cause })
    }
  }
  return servers
}

/** A simulated estate is nobody's business but this machine's. */
function whereToListen({ host, port }: Connection, ports: PlantOptions['ports']): { host: string; port: number } {
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.') ? host : '127.0.0.1'
  return ports === 'free' ? { host: '127.0.0.1', port: 0 } : { host: loopback, port }
}

function minuteOfDayAt(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const [hour = '0', minute = '0'] = parts.format(at).split(':')
  return Number(hour) * 60 + Number(minute)
}
