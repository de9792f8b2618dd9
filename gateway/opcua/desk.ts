import { join } from 'node:path'
import type { Clock } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import type { Branch } from '#ingest/opcua/browse.ts'
import { opcuaSource, type OpcUaSource, type ServerReport } from '#ingest/opcua/opcua-source.ts'
import {
  makeOwnCertificate,
  type OwnCertificate,
  ownCertificate,
  readOwnCertificate,
} from '#ingest/opcua/own-certificate.ts'
import { type ServerCertificate, serverTrust } from '#ingest/opcua/server-trust.ts'
import type { BodyOf } from '#rules/event.ts'
import type { OpcUaEvents } from '#rules/opcua/events.ts'
import type { Site } from '../site/site.ts'

const DAY_MS = 24 * 3_600_000
const FOLDER = 'opcua'

export type OwnReport = Pick<OwnCertificate, 'thumbprint' | 'expiresAt' | 'applicationUri'>
export type ServerView = ServerReport &
  Readonly<{ approved: ServerCertificate | null; evenExpired: boolean; parked: ServerCertificate | null }>

/** Everything of OPC UA that a person has to do with. `account` is who asks: it stands in the journal. */
export type OpcUaDesk = Readonly<{
  sources: readonly OpcUaSource[]
  sourceOf(device: string): OpcUaSource | undefined
  /** Points of the gateway's own device: days until certificates end, none where there is no certificate yet. */
  certificateDays(): Readonly<Record<string, number>>
  /** Times are ms since the epoch. */
  report(): Readonly<{ own: OwnReport | null; servers: readonly ServerView[] }>
  /** Rejects with `not_found`, `certificate_not_waiting`, `certificate_expired`. Resolves when it is durable. */
  approve(server: string, thumbprint: string, evenExpired: boolean, account: string): Promise<ServerCertificate>
  /** Ends nothing that is under way: from the next session on. */
  revoke(server: string, account: string): Promise<void>
  /** A new certificate of our own: each server has to be told to trust it. */
  renew(account: string): Promise<OwnReport>
  /** By what we are known to all of them: made once, whoever asks first. */
  own(): Promise<OwnCertificate>
  browse(server: string, nodeId: string, from: number): Promise<Branch>
}>

type Done = { [T in keyof OpcUaEvents]: BodyOf<T> }[keyof OpcUaEvents]
type Parts = Readonly<{
  site: Pick<Site, 'id' | 'opcua' | 'opcuaServer' | 'devices'>
  /** Of the gateway's data. */
  folder: string
  clock: Clock & Readonly<{ wallOffsetMs(): number }>
  stopwatch(): number
  chance(): number
  /** Resolves when it is durable. */
  journal(event: Done): Promise<void>
  log?: Parameters<typeof opcuaSource>[0]['log']
}>

/** The servers of a site; null where it has none, and then nothing of OPC UA is loaded. */
export function opcuaDesk({ site, folder, clock, stopwatch, chance, journal, log }: Parts): OpcUaDesk | null {
  if (site.opcua.length === 0 && !site.opcuaServer) return null
  const place = join(folder, FOLDER)
  const trust = serverTrust(place)
  const wallNow = () => clock.now() + clock.wallOffsetMs()
  let making: Promise<OwnCertificate> | null = null
  const own = () => (making ??= ownCertificate(place, { site: site.id, now: wallNow() }).finally(() => (making = null)))
  const sources = site.opcua.map((connection) =>
    opcuaSource({
      connection,
      devices: site.devices,
      clock,
      stopwatch,
      chance,
      wallNow,
      own,
      trust,
      ...(log ? { log } : {}),
    }),
  )
  const bySource = new Map(sources.map((source, i) => [site.opcua[i]!.id, source]))
  const source = (server: string): OpcUaSource => {
    const found = bySource.get(server)
    if (!found) throw new Fault('not_found')
    return found
  }
  const daysUntil = (at: number) => Math.ceil((at - wallNow()) / DAY_MS)

  return {
    sources,
    sourceOf(device) {
      const { connection } = site.devices.find(({ id }) => id === device) ?? {}
      return connection === undefined ? undefined : bySource.get(connection)
    },
    certificateDays() {
      const mine = readOwnCertificate(place)
      const theirs = site.opcua.flatMap(({ id }) => trust.of(id).approved?.expiresAt ?? [])
      return {
        ...(mine ? { opcua_certificate_days: daysUntil(mine.expiresAt) } : {}),
        ...(theirs.length > 0 ? { opcua_server_days: daysUntil(Math.min(...theirs)) } : {}),
      }
    },
    report() {
      const mine = readOwnCertificate(place)
      return {
        own: mine && reported(mine),
        servers: sources.map((each) => {
          const report = each.report()
          return { ...report, ...trust.of(report.id) }
        }),
      }
    },
    async approve(server, thumbprint, evenExpired, account) {
      const chosen = source(server)
      const approved = trust.approve(server, thumbprint, { evenExpired, now: wallNow() })
      await journal({
        type: 'opcua.server_approved',
        account,
        connection: server,
        thumbprint: approved.thumbprint,
        evenExpired,
      })
      chosen.tryNow()
      return approved
    },
    async revoke(server, account) {
      source(server)
      if (trust.revoke(server)) await journal({ type: 'opcua.server_revoked', account, connection: server })
    },
    async renew(account) {
      const made = await makeOwnCertificate(place, { site: site.id, now: wallNow() })
      const { thumbprint, expiresAt } = made
      await journal({ type: 'opcua.certificate_made', account, thumbprint, expiresAt })
      return reported(made)
    },
    own,
    browse: async (server, nodeId, from) => source(server).browse(nodeId, from),
  }
}

function reported({ thumbprint, expiresAt, applicationUri }: OwnCertificate): OwnReport {
  return { thumbprint, expiresAt, applicationUri }
}
