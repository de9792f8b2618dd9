import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '#devices/fault.ts'
import { writeDurably } from '../durable-file.ts'

/** The pair by which push services know this gateway (VAPID, RFC 8292), base64url. */
export type PushKeys = Readonly<{ publicKey: string; privateKey: string }>

const WELL = /^[\w-]{43,87}$/

/** Made at first use, and kept: with another pair every browser would have to ask again. */
export async function pushKeys(folder: string): Promise<PushKeys> {
  const file = join(folder, 'push.key')
  if (!existsSync(file)) {
    const { default: webPush } = await import('web-push')
    // Two may have come here at once.
    if (!existsSync(file)) writeDurably(file, `${JSON.stringify(webPush.generateVAPIDKeys())}\n`)
  }
  const keys = keysIn(readFileSync(file, 'utf8'))
  if (!keys) throw new Fault('store_corrupt', { detail: `${file} holds no keys; remove it to make new ones` })
  return keys
}

function keysIn(text: string): PushKeys | null {
  try {
    const { publicKey, privateKey } = JSON.parse(text) as Partial<PushKeys>
    return publicKey && privateKey && WELL.test(publicKey) && WELL.test(privateKey) ? { publicKey, privateKey } : null
  } catch {
    return null
  }
}
