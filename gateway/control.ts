import { chmodSync, existsSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { isRole, type Role } from './role.ts'

/** The local door of a running gateway, for its own command line: a socket that only its user can open. */
export type Control = Readonly<{ stop(): Promise<void> }>
type Request = Readonly<{ method: 'token.create'; role: string }>
type Reply = Readonly<{ id: string; token: string } | { error: string }>

export function socketPath(folder: string): string {
  return join(folder, 'control.sock')
}

export async function startControl(
  folder: string,
  createToken: (role: Role) => Promise<{ id: string; token: string }>,
): Promise<Control> {
  const path = socketPath(folder)
  // The lock on the folder is ours, so a socket that still lies here is a dead one's.
  if (existsSync(path)) rmSync(path)
  const server = createServer((socket) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > 4_096) socket.destroy()
      if (!text.includes('\n')) return
      answer(text).then(
        (reply) => socket.end(`${JSON.stringify(reply)}\n`),
        (error: Error) => socket.end(`${JSON.stringify({ error: error.message })}\n`),
      )
    })
  })
  async function answer(line: string): Promise<Reply> {
    const request = JSON.parse(line) as Request
    if (request.method !== 'token.create' || !isRole(request.role)) return { error: 'unknown request' }
    return createToken(request.role)
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}

/** Asks the gateway running on this folder for a token; null when none is running. */
export async function askForToken(folder: string, role: Role): Promise<{ id: string; token: string } | null> {
  const path = socketPath(folder)
  if (!existsSync(path)) return null
  const { promise, resolve, reject } = Promise.withResolvers<{ id: string; token: string } | null>()
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
    else resolve(reply)
  })
  socket.once('connect', () => socket.write(`${JSON.stringify({ method: 'token.create', role } satisfies Request)}\n`))
  return promise
}
