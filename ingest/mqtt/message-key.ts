import { createHash } from 'node:crypto'
import type { Content } from '../payload-readings.ts'
import type { Message } from './broker.ts'

const REMEMBERED = 256

/**
 * Names messages, so that a re-sent one has one effect: by the device's own sequence number, else by its time, each
 * with the content (a device that restarted counts from the beginning again, with something else to say). A device that gives neither leaves only the packet id, which it uses again for new messages (many sensors
 * start at 1 after each sleep): a name then stands for one message until that is acknowledged, and for a later
 * packet only when that one says itself that it is a duplicate.
 */
export type MessageKeys = Readonly<{
  keyOf(message: Pick<Message, 'messageId' | 'isDuplicate'>, content: Content, receivedAt: number): string | undefined
  acknowledged(key: string): void
}>

/** One per device. */
export function messageKeys(device: string): MessageKeys {
  const names = new Map<string, string>()
  const unacknowledged = new Set<string>()
  return {
    keyOf(message, content, receivedAt) {
      const hash = hashOf(content.identity)
      if (content.sequence !== null) return `${device}#${content.sequence}#${hash}`
      if (content.stampedAt !== null) return `${device}@${content.stampedAt}#${hash}`
      if (message.messageId === undefined) return undefined
      const packet = `${device}~${message.messageId}~${hash}`
      const earlier = names.get(packet)
      if (earlier !== undefined && (message.isDuplicate || unacknowledged.has(earlier))) return earlier
      const key = `${packet}~${receivedAt}`
      names.delete(packet)
      names.set(packet, key)
      unacknowledged.add(key)
      const [oldest] = names
      if (oldest && names.size > REMEMBERED) {
        names.delete(oldest[0])
        unacknowledged.delete(oldest[1])
      }
      return key
    },
    acknowledged: (key) => void unacknowledged.delete(key),
  }
}

function hashOf(identity: Uint8Array): string {
  return createHash('sha256').update(identity).digest('base64url').slice(0, 22)
}
