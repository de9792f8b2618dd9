import { chmodSync, existsSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Fault, type Said } from '#devices/fault.ts'
import type { Imported as HouseholdsImported } from './households/register.ts'
import type { Imported as PeopleImported } from './people/import.ts'
import type { OpcUaDesk } from './opcua/desk.ts'
import type { ChannelTest } from './outbox/outbox.ts'
import type { PlantDevice, PlantDoor } from './plant-door.ts'
import type { Reload, Reloaded } from './reload.ts'
import { isRole, type Role } from './role.ts'

/** The local door of a running gateway, for its own command line: a socket that only its user can open. */
export type Control = Readonly<{ stop(): Promise<void> }>
type Token = Readonly<{ id: string; token: string }>
type Cleared = Readonly<{ id: string }>
type OpcUaWish = Readonly<
  | { do: 'list' | 'renew' }
  | { do: 'approve'; server: string; thumbprint: string; evenExpired: boolean }
  | { do: 'revoke'; server: string }
>
type OpcUaReport = ReturnType<OpcUaDesk['report']>
type Request = Readonly<
  | { method: 'token.create'; role: string }
  | { method: 'totp.clear'; name: string }
  | { method: 'people.import'; csv: string }
  | { method: 'site.reload'; dryRun: boolean; mayRestart: boolean }
  | ({ method: 'opcua' } & OpcUaWish)
  | { method: 'channels.test'; channel: string; to: string | null }
  | { method: 'plant.provoke'; device: string; fault: string }
  | { method: 'plant.heal'; device: string }
  | { method: 'households.import'; file: string; isDry: boolean }
  | { method: 'households.erase'; contact: string }
>
type Imported = PeopleImported | HouseholdsImported
type Reply = Readonly<
  | Token
  | Cleared
  | Imported
  | Reloaded
  | ChannelTest
  | PlantDevice
  | OpcUaReport
  | { refused: Said }
  | { error: string }
>
/** What the command line may do here; without a plant there is no demonstration. */
type Doors = Readonly<{
  createToken(role: Role): Promise<Token>
  /** Of the account with this name. */
  clearTotp(name: string): Promise<Cleared>
  /** Names and phones of the staff, from the text of a file. */
  importPeople(csv: string): Promise<PeopleImported>
  reload: Reload
  testChannel(channel: string, to: string | undefined): Promise<ChannelTest>
  plant: PlantDoor | null
  households?: HouseholdDoor
  opcua: OpcUaDesk | null
}>
/** Lists of households, for who may read the data folder anyway. */
export type HouseholdDoor = Readonly<{
  importFile(file: string, isDry: boolean): Promise<HouseholdsImported>
  erase(contact: string): Promise<Cleared>
}>

/** A file of people; whoever may open the socket may fill the disk anyhow. */
const LONGEST_REQUEST = 2_097_152

export function socketPath(folder: string): string {
  return join(folder, 'control.sock')
}

export async function startControl(
  folder: string,
  { createToken, clearTotp, importPeople, reload, testChannel, plant, households, opcua }: Doors,
): Promise<Control> {
  const path = socketPath(folder)
  // The lock on the folder is ours, so a socket that still lies here is a dead one's.
  if (existsSync(path)) rmSync(path)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let text = ''
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > LONGEST_REQUEST) socket.destroy()
      if (!text.includes('\n')) return
      answer(text).then(
        (reply) => socket.end(`${JSON.stringify(reply)}\n`),
        (error: Error) => socket.end(`${JSON.stringify(replyTo(error))}\n`),
      )
    })
  })
  async function answer(line: string): Promise<Reply> {
    const request = JSON.parse(line) as Request
    if (request.method === 'token.create' && isRole(request.role)) return createToken(request.role)
    if (request.method === 'totp.clear') return clearTotp(String(request.name))
    if (request.method === 'people.import') return importPeople(String(request.csv))
    if (request.method === 'households.import' && households)
      return households.importFile(String(request.file), request.isDry === true)
    if (request.method === 'households.erase' && households) return households.erase(String(request.contact))
    if (request.method === 'site.reload') {
      const { dryRun, mayRestart } = request
      return reload({ dryRun: dryRun === true, mayRestart: mayRestart === true })
    }
    if (request.method === 'opcua') return doAtServers(opcua, request)
    if (request.method === 'channels.test')
      return testChannel(String(request.channel), request.to === null ? undefined : String(request.to))
    if (request.method === 'plant.provoke' || request.method === 'plant.heal') {
      if (!plant) throw new Fault('no_demo', { folder })
      return request.method === 'plant.heal' ? plant.heal(request.device) : plant.provoke(request.device, request.fault)
    }
    return { error: 'unknown request' }
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return {
    stop: () =>
      new Promise((resolve) => {
        // What was answered goes out still; nobody else is waited for.
        for (const socket of sockets) if (!socket.writableEnded) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Whoever may read the data folder stands at the box. */
async function doAtServers(desk: OpcUaDesk | null, wish: OpcUaWish): Promise<OpcUaReport> {
  if (!desk) return { own: null, servers: [] }
  const by = 'console'
  if (wish.do === 'approve')
    await desk.approve(String(wish.server), String(wish.thumbprint), wish.evenExpired === true, by)
  if (wish.do === 'revoke') await desk.revoke(String(wish.server), by)
  if (wish.do === 'renew') await desk.renew(by)
  return desk.report()
}

function replyTo(error: Error): Reply {
  return error instanceof Fault ? { refused: { code: error.code, params: error.params } } : { error: error.message }
}

/** Asks the gateway running on this folder for a token; null when none is running. */
export function askForToken(folder: string, role: Role): Promise<Token | null> {
  return ask<Token>(folder, { method: 'token.create', role })
}

/** Takes the second factor from an account of the gateway running on this folder; null when none is running. */
export function askToClearTotp(folder: string, name: string): Promise<Cleared | null> {
  return ask<Cleared>(folder, { method: 'totp.clear', name })
}

/** Gives the gateway running on this folder a file of people; null when none is running. */
export function askToImportPeople(folder: string, csv: string): Promise<PeopleImported | null> {
  return ask<PeopleImported>(folder, { method: 'people.import', csv })
}

/** Has the gateway running on this folder take a list of households; null when none is running. */
export function askToImport(folder: string, file: string, isDry: boolean): Promise<HouseholdsImported | null> {
  return ask<HouseholdsImported>(folder, { method: 'households.import', file, isDry })
}

/** Has the gateway running on this folder erase a person; null when none is running. */
export function askToErase(folder: string, contact: string): Promise<Cleared | null> {
  return ask<Cleared>(folder, { method: 'households.erase', contact })
}

/** Has the gateway running on this folder read its configuration again; null when none is running. */
export function askToReload(folder: string, wish: Parameters<Reload>[0]): Promise<Reloaded | null> {
  return ask<Reloaded>(folder, { method: 'site.reload', ...wish })
}

/** Does something at the OPC UA servers of the gateway running on this folder; null when none is running. */
export function askOpcUa(folder: string, wish: OpcUaWish): Promise<OpcUaReport | null> {
  return ask<OpcUaReport>(folder, { method: 'opcua', ...wish })
}

/** Has the gateway running on this folder send one message by a channel; null when none is running. */
export function askToTestChannel(folder: string, channel: string, to: string | null): Promise<ChannelTest | null> {
  return ask<ChannelTest>(folder, { method: 'channels.test', channel, to })
}

/** Disturbs the plant of the demonstration running on this folder, or without a fault heals it. */
export async function askPlant(folder: string, device: string, fault: string | null): Promise<PlantDevice> {
  const request: Request =
    fault === null ? { method: 'plant.heal', device } : { method: 'plant.provoke', device, fault }
  const answer = await ask<PlantDevice>(folder, request)
  if (!answer) throw new Fault('no_demo', { folder })
  return answer
}

async function ask<T extends Token | Cleared | Imported | Reloaded | ChannelTest | PlantDevice | OpcUaReport>(
  folder: string,
  request: Request,
): Promise<T | null> {
  const path = socketPath(folder)
  if (!existsSync(path)) return null
  const { promise, resolve, reject } = Promise.withResolvers<T | null>()
  const socket = connect(path)
  let text = ''
  socket.setEncoding('utf8')
  socket.once('error', () => resolve(null))
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  socket.once('end', () => {
    const reply = JSON.parse(text) as Reply
    if ('error' in reply) reject(new Error(reply.error))
    else if ('refused' in reply) reject(new Fault(reply.refused.code, reply.refused.params))
    else resolve(reply as T)
  })
  socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`))
  return promise
}
