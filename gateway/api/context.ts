import type { Logger } from 'pino'
import type { ModbusSource } from '#ingest/modbus/modbus-source.ts'
import type { SourceHealth } from '#ingest/source.ts'
import type { Command } from '#rules/command.ts'
import type { BodyOf } from '#rules/event.ts'
import type { Access } from '../access/access.ts'
import type { Accounting } from '../accounting.ts'
import type { CommandAnswer } from '../answer-book.ts'
import type { AssetTags } from '../credentials.ts'
import type { AllForwarding } from '../forwarding.ts'
import type { ChartSource } from '../historian/chart-source.ts'
import type { ForwardingHealth } from '../historian/forwarder.ts'
import type { HistorySource } from '../history-files/ports.ts'
import type { Latest } from '../latest.ts'
import type { PageAnswers } from '../paging/answers.ts'
import type { MqttHealth } from '../mqtt-roads.ts'
import type { OpcUaDesk } from '../opcua/desk.ts'
import type { PlantDoor } from '../plant-door.ts'
import type { PrivateStore } from '../private/private-store.ts'
import type { Residents } from '../residents.ts'
import type { ControlDesk } from '../remote-control/desk.ts'
import type { Reload } from '../reload.ts'
import type { RosterDesk } from '../roster-desk.ts'
import type { Sending } from '../sending.ts'
import type { TryRules } from '../rule-trials.ts'
import type { ResidentDoor } from '../residents/door.ts'
import type { Site } from '../site/site.ts'
import type { Store } from '../store/store.ts'
import type { Why } from '#rules/event.ts'
import type { Vitals } from '../vitals.ts'
import type { EventFeed } from './event-feed.ts'

/** How the gateway itself is. `degraded` says that something needs a person; times are site time in ms. */
export type Health = Readonly<{
  status: 'ok' | 'degraded'
  startedAt: number
  /** Why nothing becomes durable; null while all is well. */
  trouble: string | null
  sources: readonly SourceHealth[]
  /** Faults of the site file and its profiles. */
  faults: number
  forwarding: readonly ForwardingHealth[]
  mqtt: MqttHealth
}>

type ByHandType =
  | 'bus.tested'
  | 'channel.tested'
  | 'private.exported'
  | 'access.home_link_made'
  | 'opcua.server_approved'
  | 'opcua.server_revoked'
  | 'opcua.certificate_made'
type ByHand = { [T in ByHandType]: BodyOf<T> }[ByHandType]

export type Bus = Readonly<{ id: string }> & Pick<ModbusSource, 'report' | 'testRead'>

/** All that the HTTP interface stands on. It decides nothing: it reads, and hands commands to the one writer. */
export type ApiContext = Readonly<{
  site: Site
  version: string
  /** Of this start: a client that sees another one starts afresh. */
  epoch: string
  clock: Readonly<{
    now(): number
    wallOffsetMs(): number
    speed: number
    /** Real time; returns its own cancelling. */
    delay(realMs: number, run: () => void): () => void
  }>
  read: Store['read']
  /** Readings summed up, for charts. */
  charts: ChartSource
  /** Sends a past range to the named database again: false while another is on its way, null when there is none. */
  resend: AllForwarding['resend']
  /** Readings as they were, for files. */
  history: HistorySource
  /** How people are told, and what did not reach them. */
  sending: Pick<Sending, 'pulses' | 'counts' | 'undelivered' | 'test' | 'urgent' | 'push' | 'receipts'>
  /** Resolves with the answer when it is durable. */
  command(command: Command): Promise<CommandAnswer>
  access: Pick<Access, 'tokens' | 'accounts' | 'sessions' | 'signIn' | 'care' | 'denials' | 'taskLinks'>
  /** Names, phones, photos and free text. */
  secrets: PrivateStore
  /** Households, whom a notice concerns, where they are reached. */
  residents: Pick<Residents, 'register' | 'resolve'>
  /** Resolves when all that was decided at the door, or changed of what is private, stands in the journal: no answer leaves before. */
  audit(): Promise<void>
  latest: Pick<Latest, 'of'>
  /** How residents come in, and what they may follow. */
  residentDoor: ResidentDoor
  /** Who holds which device, what was asked for, what is locked, who is on site. */
  desk: ControlDesk
  /** What hangs on the equipment, and says that somebody stands there. */
  tags: AssetTags
  /** Who is there when. */
  roster: RosterDesk
  accounting: Pick<Accounting, 'read'>
  /** The Modbus connections, in the order of the site file. */
  buses: readonly Bus[]
  /** What somebody did that no command is: resolves when it is durable. */
  journal(event: ByHand): Promise<void>
  /** OPC UA servers that the gateway is a client of; null where the site has none. */
  opcua: OpcUaDesk | null
  health(): Health
  /** Rules that cannot be judged, though their data is there. */
  failing(): readonly Readonly<{ rule: string; why: Why }>[]
  vitals(): Promise<Vitals>
  /** In Prometheus' text format. */
  metrics(): Promise<string>
  /** Reads the configuration again, all or nothing. */
  reload: Reload
  /** What rules would have done with the history; they do not take effect. */
  tryRules: TryRules
  /** What staff answers on the roads by which it is called. */
  pageAnswers: PageAnswers
  events: EventFeed
  /** A demonstration on loopback: whoever opens the page may look, as `monitor`. */
  demo: boolean
  /** The simulated plant of a demonstration; null where the devices are real. */
  plant: PlantDoor | null
  log: Logger
}>
