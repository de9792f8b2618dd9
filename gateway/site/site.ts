import type { AlarmDefinition } from '#devices/alarm-definition.ts'
import type { Device } from '#devices/device.ts'
import type { ConfigFault } from '#devices/fault.ts'
import type { Text } from '#devices/point.ts'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import type { BrokerConnection } from '#ingest/mqtt/client/broker-connection.ts'
import type { OpcUaConnection } from '#ingest/opcua/connection.ts'
import type { Bridge } from '#ingest/mqtt/network.ts'
import type { TlsListen } from '#ingest/mqtt/tls-door.ts'
import type { Plan } from '#rules/plan.ts'
import type { NoticeTemplates } from '../notices/templates.ts'
import type { ChannelConfig } from '../channels/schema.ts'
import type { InfluxTarget } from '../historian/config.ts'
import type { PagingConfig } from '../paging/config.ts'
import type { HistoryPolicy } from '../store/history/policy.ts'
import type { Outward } from './brokers.ts'
import type { OpcUaView } from './opcua.ts'
import type { NoticeSite } from './notices.ts'
import type { RuleTest } from './rule-file.ts'
import type { DisabledAlarm } from './rule-layers.ts'
import type { SiteFile } from './schema.ts'

/** A site as it can run: what the file says less what is wrong with it. Secrets stand here resolved. */
export type Site = Readonly<{
  id: string
  name: Text
  file: string
  /** Of the site file, all profiles it may use, and its rule files. */
  hash: string
  languages: readonly ('zh-CN' | 'en')[]
  plan: Plan
  devices: readonly Device[]
  connections: readonly ModbusConnection[]
  /** OPC UA servers that the gateway is a client of. */
  opcua: readonly OpcUaConnection[]
  /** The site as an OPC UA server; off unless the file says it. */
  opcuaServer: OpcUaView | null
  mqtt: Readonly<{
    host: string
    port: number
    /** By device, bridge or reader. */
    secrets: ReadonlyMap<string, string>
    bridges: readonly Bridge[]
    /** Who may read what is published outward. */
    readers: readonly string[]
    tls: TlsListen | null
  }> | null
  brokers: readonly BrokerConnection[]
  outward: Outward | null
  channels: readonly ChannelConfig[]
  /** By what staff is called; null: by nothing. */
  paging: PagingConfig | null
  notices: NoticeSite
  /** The words of notices: the site's own over ours. */
  templates: NoticeTemplates
  influx: readonly InfluxTarget[]
  charts: 'local' | 'influx'
  history: HistoryPolicy
  rooms: NonNullable<SiteFile['rooms']>
  buildings: NonNullable<SiteFile['buildings']>
  zones: NonNullable<SiteFile['zones']>
  /** What each rule file speaks of, as `device/alarm`, and the tests in it. */
  ruleFiles: readonly Readonly<{ file: string; alarms: readonly string[]; tests: readonly RuleTest[] }>[]
  /** The definitions in force on each device. */
  alarms: ReadonlyMap<string, readonly AlarmDefinition[]>
  disabled: readonly DisabledAlarm[]
  faults: readonly ConfigFault[]
}>
