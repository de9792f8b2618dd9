import { resolve } from 'node:path'
import { Temporal } from 'temporal-polyfill'
import { alarmFaults } from '#devices/alarm-faults.ts'
import type { AlarmDefinition } from '#devices/alarm-definition.ts'
import { closest } from '#devices/closest.ts'
import type { Device } from '#devices/device.ts'
import { checked, type WrittenDocument } from '#devices/document.ts'
import type { ConfigFault, FaultCode, Params } from '#devices/fault.ts'
import { typeConflicts } from '#devices/measurement.ts'
import type { Profile } from '#devices/profile.ts'
import { reachOf } from '../channels/schema.ts'
import type { NoticeTemplates } from '../notices/templates.ts'
import { assetsOf } from './assets.ts'
import { brokerOf, isReadable, outwardOf, tlsOf } from './brokers.ts'
import { channelsOf } from './channels.ts'
import { controlsOf, isOfSafetyEquipment } from './controls.ts'
import { connectionOf } from './connections.ts'
import { opcuaConnections, opcuaDevice, opcuaViewOf } from './opcua.ts'
import { pagingOf } from './paging.ts'
import { placeFaults } from './place-faults.ts'
import { entrancesOf, type Places } from './places.ts'
import { payloadDevice } from './payload-device.ts'
import type { RuleFile } from './rule-file.ts'
import { ruleTestFaults } from './rule-files.ts'
import { RuleLayers } from './rule-layers.ts'
import { rulesOf } from './rules.ts'
import type { SiteFile } from './schema.ts'
import { liftRules } from './lift-rules.ts'
import { channelKindsOf, noticeSiteOf, waterRules } from './notices.ts'
import { resolveSecret } from './secret.ts'
import { historyOf, settingsOf } from './settings.ts'
import { rescueOf } from './rescue.ts'
import { calendarOf, staffOf } from './staff.ts'
import { handoversOf, supervisorsOf } from './supervisors.ts'
import { vocabularyOf } from './vocabulary.ts'
import { wireFaults } from './wired-device.ts'
import type { Site } from './site.ts'

type Input = Readonly<{
  file: SiteFile
  document: WrittenDocument<SiteFile>
  profiles: ReadonlyMap<string, Profile>
  profileNames: Iterable<string>
  /** Texts of vendors' codecs by profile. */
  codecs: ReadonlyMap<string, string>
  ruleFiles: readonly RuleFile[]
  templates: NoticeTemplates
  folder: string
  env: Readonly<Record<string, string | undefined>>
  path: string
  hash: string
}>

/** Site file + profiles → what runs, and every fault that a schema cannot see. Null when a secret is unusable. */
export function compileSite(input: Input): {
  site: Site | null
  faults: ConfigFault[]
} {
  const { file, document, profiles, profileNames, codecs, ruleFiles, folder, env, path, hash } = input
  const faults: ConfigFault[] = []
  /** Places are found by the entry itself, for broken neighbours were left out and the count has shifted. */
  const where = (list: keyof SiteFile, entry: unknown, ...rest: (string | number)[]) => [
    list,
    ((document.value?.[list] ?? []) as unknown[]).indexOf(entry),
    ...rest,
  ]
  const blame = (at: readonly (string | number)[], code: FaultCode, params: Params = {}) =>
    faults.push(document.faultAt(at, code, params))
  const missing = (at: readonly (string | number)[], kind: string, id: string, known: Iterable<string>) => {
    const hint = closest(id, known)
    blame(at, 'unknown_reference', { kind, id, ...(hint ? { hint } : {}) })
  }
  const distinct = <T extends { id: string }>(list: keyof SiteFile, entries: readonly T[]): T[] => {
    const seen = new Set<string>()
    return entries.filter((entry) => {
      if (!seen.has(entry.id)) return seen.add(entry.id)
      blame(where(list, entry, 'id'), 'duplicate_id', { id: entry.id })
      return false
    })
  }

  const places: Places = {
    buildings: distinct('buildings', file.buildings ?? []),
    zones: distinct('zones', file.zones ?? []),
    risers: distinct('risers', file.risers ?? []),
  }
  for (const { list, entry, at, code, params } of placeFaults(places)) blame(where(list, entry, ...at), code, params)
  const rooms = distinct('rooms', file.rooms ?? [])
  const assets = assetsOf(distinct('assets', file.assets), places, rooms, (asset, at, code, params) =>
    blame(where('assets', asset, ...at), code, params),
  )

  const connections = Object.entries(file.connections ?? {}).flatMap(([id, entry]) =>
    entry.protocol === 'opc-ua' ? [] : [connectionOf(id, entry)],
  )
  const secrets = new Map<string, string>()
  let isSecretUnusable = false
  const secretAt = (at: readonly (string | number)[], written: string): string | null => {
    const resolved = resolveSecret(written, folder, env)
    if ('secret' in resolved) return resolved.secret
    isSecretUnusable ||= resolved.said.code === 'secret_weak'
    blame(at, resolved.said.code, resolved.said.params)
    return null
  }

  const opcua = opcuaConnections(file.connections ?? {}, { folder, blame, secretAt })
  const clientsOf = <T extends Readonly<{ id: string; secret?: string }>>(
    list: 'bridges' | 'readers',
    entries: readonly T[] = [],
    taken: readonly { id: string }[],
  ): T[] =>
    entries.filter(({ id, secret: written }, i) => {
      const at = ['mqtt', list, i]
      const isTaken = [...entries.slice(0, i), ...taken].some((other) => other.id === id)
      if (isTaken) blame([...at, 'id'], 'duplicate_id', { id })
      const secret = written === undefined ? undefined : secretAt([...at, 'secret'], written)
      if (secret) secrets.set(id, secret)
      return !isTaken && secret !== null
    })
  const bridges = clientsOf('bridges', file.mqtt?.bridges, file.devices)
  const readers = clientsOf('readers', file.mqtt?.readers, [...bridges, ...file.devices])
  if (readers.length > 0 && !file.outward?.to.includes('own'))
    blame(['mqtt', 'readers'], 'wrong_value', { key: 'readers', detail: 'outward: { to: [own] } says what they read' })
  const brokers = distinct('mqtt_brokers', file.mqtt_brokers ?? []).flatMap((broker) => {
    const at = (...rest: (string | number)[]) => where('mqtt_brokers', broker, ...rest)
    if (bridges.some(({ id }) => id === broker.id)) blame(at('id'), 'duplicate_id', { id: broker.id })
    const found = brokerOf(
      broker,
      file.site.id,
      folder,
      (path, written) => secretAt(at(...path), written),
      (path, code, params) => blame(at(...path), code, params),
    )
    return found ?? []
  })
  const devices: Device[] = []
  for (const entry of distinct('devices', file.devices)) {
    const before = faults.length
    const profile = profiles.get(entry.profile)
    const asset = entry.asset ?? entry.id
    if (!profile) missing(where('devices', entry, 'profile'), 'profile', entry.profile, profileNames)
    if (!assets.has(asset))
      missing(where('devices', entry, entry.asset === undefined ? 'id' : 'asset'), 'asset', asset, assets.keys())
    const blameEntry = (at: readonly (string | number)[], code: FaultCode, params: Params = {}) =>
      blame(where('devices', entry, ...at), code, params)
    if (profile) wireFaults(entry, profile, { written: file.connections ?? {}, modbus: connections }, blameEntry)
    const [conflict] = profile
      ? typeConflicts(
          profile,
          devices.map((other) => other.profile),
        )
      : []
    if (conflict) blame(where('devices', entry, 'profile'), 'type_conflict', conflict)
    const parts = profile
      ? payloadDevice(
          entry,
          profile,
          { bridges, brokers, devices, codecs, hasBroker: file.mqtt !== undefined },
          blameEntry,
        )
      : {}
    const node = opcuaDevice(entry, profile, blameEntry)
    if (entry.secret !== undefined) {
      const secret = secretAt(where('devices', entry, 'secret'), entry.secret)
      if (secret) secrets.set(entry.id, secret)
    }
    if (!profile || faults.length > before) continue
    const { id, connection, unit_id: unitId } = entry
    devices.push({
      id,
      profile,
      asset,
      ...(connection === undefined ? {} : { connection }),
      ...(unitId === undefined ? {} : { unitId }),
      ...parts,
      ...node,
    })
  }

  const controls = devices.flatMap((device) => {
    const own = controlsOf(device)
    if (own.length === 0 || !isOfSafetyEquipment(device, devices, assets)) return own
    const entry = file.devices.find(({ id }) => id === device.id)
    blame(where('devices', entry, 'profile'), 'safety_read_only', { kind: device.asset })
    return []
  })

  const ownAlarms = (file.alarms ?? []).filter((alarm) => {
    const at = where('alarms', alarm)
    const device = devices.find(({ id }) => id === alarm.for)
    if (!device) {
      missing(
        [...at, 'for'],
        'device',
        alarm.for,
        devices.map(({ id }) => id),
      )
      return false
    }
    const wrong = checked(() =>
      alarmFaults(
        [alarm],
        vocabularyOf(device, devices),
        {
          faultAt: (inner, code, params, offset) => document.faultAt([...at, ...inner.slice(1)], code, params, offset),
        },
        [],
      ),
    )
    faults.push(...wrong)
    return wrong.length === 0
  })

  const timeZone = isTimeZone(file.site.timezone) ? file.site.timezone : 'UTC'
  if (!isTimeZone(file.site.timezone)) blame(['site', 'timezone'], 'bad_time_zone', { id: String(file.site.timezone) })

  const layers = new RuleLayers(ruleFiles, devices, assets)
  const alarmsOfDevices = new Map<string, readonly AlarmDefinition[]>()
  const rules = devices.flatMap((device) => {
    const own = ownAlarms.filter((alarm) => alarm.for === device.id).map(({ for: _, ...alarm }) => alarm)
    const alarms = layers.of(device, own)
    alarmsOfDevices.set(device.id, alarms)
    const plainly = { ...device, profile: { ...device.profile, alarms: [] } }
    return rulesOf(plainly, alarms, timeZone, assets.get(device.asset))
  })
  faults.push(...layers.faults, ...ruleFiles.flatMap((ruleFile) => ruleTestFaults(ruleFile, devices)))

  const staff = staffOf(distinct('staff', file.staff ?? []), file, assets, {
    at: (person) => where('staff', person),
    blame,
  })
  const fallback = staff.find(({ id, role }) => id === file.fallback || role === file.fallback)
  if (file.fallback !== undefined && !fallback)
    missing(
      ['fallback'],
      'person or role',
      file.fallback,
      staff.flatMap(({ id, role }) => [id, role]),
    )

  const rosterOwner = staff.find(({ id, role }) => id === file.roster_owner || role === file.roster_owner)
  if (file.roster_owner !== undefined && !rosterOwner)
    missing(
      ['roster_owner'],
      'person or role',
      file.roster_owner,
      staff.flatMap(({ id, role }) => [id, role]),
    )

  const channels = channelsOf(distinct('channels', file.channels ?? [{ id: 'screen', type: 'screen' }]), {
    folder,
    isReadable,
    secretAt: (channel, at, written) => secretAt(where('channels', channel, ...at), written),
    blame: (channel, at, code, params, offset) =>
      void faults.push(document.faultAt(where('channels', channel, ...at), code, params, offset)),
  })
  const paging = pagingOf(file.paging, {
    secretAt: (at, written) => secretAt(['paging', ...at], written),
    blame: (at, ...said) => blame(['paging', ...at], ...said),
    missing: (at, ...what) => missing(['paging', ...at], ...what),
    channels: channels.map(({ id }) => id),
    staff,
  })
  const influx = (file.influx ?? []).flatMap((target) => {
    const { ca_file: caFile, ...rest } = target
    if (caFile !== undefined && !isReadable(resolve(folder, caFile))) {
      blame(where('influx', target, 'ca_file'), 'file_missing', { file: caFile })
      return []
    }
    const resolved = caFile === undefined ? rest : { ...rest, ca_file: resolve(folder, caFile) }
    const key = target.type === 'influx2' ? 'token' : 'password'
    const written = target.type === 'influx2' ? target.token : target.password
    if (written === undefined) return [resolved]
    const secret = secretAt(where('influx', target, key), written)
    return secret ? [{ ...resolved, [key]: secret }] : []
  })

  const [host = '127.0.0.1', port = '0'] = file.mqtt?.listen.split(':') ?? []
  const tls = tlsOf(file.mqtt, folder, (key, missingFile) =>
    blame(['mqtt', 'tls', key], 'file_missing', { file: missingFile }),
  )
  const site: Site = {
    id: file.site.id,
    name: file.site.name ?? file.site.id,
    file: path,
    hash,
    languages: file.site.languages ?? ['zh-CN', 'en'],
    plan: {
      site: file.site.id,
      timeZone,
      rules: [...rules, ...liftRules(devices, assets), ...waterRules(devices, assets)],
      assets,
      entrances: entrancesOf(places),
      staff,
      controls,
      fallback: fallback?.id ?? staff.find(({ role }) => role === 'manager')?.id ?? 'manager',
      ...(paging ? { paging: paging.plan } : {}),
      rescue: rescueOf(file.rescue ?? {}, staff, missing),
      ...(rosterOwner ? { rosterOwner: rosterOwner.id } : {}),
      ...(file.calendar ? { calendar: calendarOf(file.calendar, blame) } : {}),
      ...(file.certificates ? { certificates: file.certificates } : {}),
      ...(file.deduction === undefined ? {} : { deduction: file.deduction }),
      handovers: handoversOf(distinct('handovers', file.handovers ?? []), staff, (post, i, ...found) =>
        missing(where('handovers', post, 'who', i), 'person or role', ...found),
      ),
      supervisors: supervisorsOf(file.supervisors ?? {}, staff, missing),
      channels: channels.filter((channel) => reachOf(channel) === 'group').map(({ id }) => id),
      channelKinds: channelKindsOf(channels),
      settings: settingsOf(file),
    },
    devices,
    connections,
    opcua,
    opcuaServer: opcuaViewOf(file.opcua_server, { folder, blame, secretAt }),
    mqtt: file.mqtt
      ? {
          host,
          port: Number(port),
          secrets,
          bridges: bridges.map(({ id, network }) => ({ id, network })),
          readers: readers.map(({ id }) => id),
          tls,
        }
      : null,
    brokers,
    outward: outwardOf(file.outward, { brokers, hasOwn: file.mqtt !== undefined }, missing),
    channels,
    paging: paging?.config ?? null,
    notices: noticeSiteOf(file.notices ?? {}, file.settings?.sms_price),
    templates: input.templates,
    influx,
    charts: file.charts ?? 'local',
    history: historyOf(file.history ?? {}),
    rooms,
    buildings: places.buildings,
    zones: places.zones,
    ruleFiles: ruleFiles.map((ruleFile) => ({
      file: ruleFile.file,
      alarms: layers.alarmsOf(ruleFile, devices),
      tests: ruleFile.tests.map(({ test }) => test),
    })),
    alarms: alarmsOfDevices,
    disabled: layers.disabled,
    faults,
  }
  return { site: isSecretUnusable ? null : site, faults }
}

export function isTimeZone(id: unknown): id is string {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(String(id))
    return true
  } catch {
    return false
  }
}
