import { Fault } from '#devices/fault.ts'
import { askOpcUa } from '../control.ts'
import type { OwnReport, ServerView } from '../opcua/desk.ts'
import { type Edge } from './edge.ts'
import { dataFolder } from './folder.ts'

type Where = Readonly<{ data?: string }>

/** The OPC UA servers of the running gateway, and which certificates wait for a person. */
export async function listServers(edge: Edge, { data }: Where): Promise<number> {
  const { own, servers } = await ask(edge, data, { do: 'list' })
  if (own) edge.out(`own certificate ${own.thumbprint}, until ${dayOf(own.expiresAt)}, ${own.applicationUri}`)
  for (const server of servers) {
    edge.out(`${server.id} ${server.endpoint}: ${stateOf(server)}`)
    if (server.approved) edge.out(`  approved ${certificateLine(server.approved)}`)
    if (server.parked) edge.out(`  waits    ${certificateLine(server.parked)}`)
  }
  return 0
}

/** Believes a server by the certificate that it showed. */
export async function trustServer(
  edge: Edge,
  server: string,
  thumbprint: string,
  { data, expired = false }: Where & Readonly<{ expired?: boolean }>,
): Promise<number> {
  await ask(edge, data, { do: 'approve', server, thumbprint, evenExpired: expired })
  edge.out(`${server} is believed by this certificate; the gateway connects now`)
  return 0
}

export async function distrustServer(edge: Edge, server: string, { data }: Where): Promise<number> {
  await ask(edge, data, { do: 'revoke', server })
  edge.out(`${server} is believed no more, from its next session on`)
  return 0
}

/** A new certificate of the gateway's own. */
export async function renewCertificate(edge: Edge, { data }: Where): Promise<number> {
  const { own } = await ask(edge, data, { do: 'renew' })
  if (own) edge.out(`new certificate ${own.thumbprint}, until ${dayOf(own.expiresAt)}`)
  edge.out('each server has to be told to trust it: opcua/own-certificate.der in the data folder')
  return 0
}

async function ask(edge: Edge, data: string | undefined, wish: Parameters<typeof askOpcUa>[1]) {
  const folder = dataFolder(edge, data)
  const answer = await askOpcUa(folder, wish)
  if (!answer) throw new Fault('not_running', { folder })
  return answer as Readonly<{ own: OwnReport | null; servers: readonly ServerView[] }>
}

function stateOf({ state, trouble, items }: ServerView): string {
  return trouble ? `${trouble.code} (${trouble.detail})` : `${state}, ${items} points`
}

function certificateLine({ thumbprint, subject, expiresAt }: NonNullable<ServerView['parked']>): string {
  return `${thumbprint}  ${subject}, until ${dayOf(expiresAt)}`
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
