import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Channel, Message } from '#gateway/channels/channel.ts'
import { openRegister } from '#gateway/households/register.ts'
import { openPrivate } from '#gateway/private/private-store.ts'
import { systemRandom } from '#gateway/random.ts'
import { estateOf } from '#gateway/residents.ts'
import type { Site } from '#gateway/site/site.ts'

type Teardown = Readonly<{ teardown(end: () => unknown): void }>
const DELIVERED = { outcome: 'delivered' } as const
export type SentText = Pick<Message, 'to' | 'phase' | 'texts'>

/** A list of households as a property company has it: one owner a home, reached by text message where a number is given. */
export function ownersOf(
  homes: readonly string[],
  numberOf: (home: string, i: number) => string | null,
  tags: Readonly<Record<string, string>> = {},
): string {
  const rows = homes.flatMap((home, i) => {
    const number = numberOf(home, i)
    const tag = tags[home]
    if (number === null && tag === undefined) return []
    return [`${home},owner,Owner ${home},${number ?? ''},yes,2024-01-01,${tag ?? ''},${tag === undefined ? '' : 'yes'}`]
  })
  return ['home,role,name,phone,consent,from,tags,tags_consent', ...rows].join('\n')
}

/**
 * The households of a story, read from such a list, and the provider of their text messages: it takes every message. Where
 * some numbers are dead it says by a receipt which it reached; else each arrives at once.
 */
export function householdsOf(t: Teardown, site: Site, list: string, isDead?: (number: string) => boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-homes-'))
  const random = systemRandom()
  const secrets = openPrivate(folder, { random, now: () => Date.UTC(2026, 10, 1) })
  t.teardown(() => {
    secrets.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { faults } = openRegister(secrets, { random, estate: estateOf(site) }).importList(Buffer.from(list), 'story')
  if (faults.length > 0) throw new Error(`the list of households is wrong: ${JSON.stringify(faults[0])}`)
  const sent: SentText[] = []
  const sms: Channel = {
    id: 'sms',
    reach: 'person',
    async send({ id, to, phase, texts }) {
      sent.push({ to: to!, phase, texts })
      return isDead ? { outcome: 'accepted', ref: id } : DELIVERED
    },
    ...(isDead
      ? { receiptOf: async ({ to }) => (isDead(to) ? { outcome: 'failed', reason: 'unreachable' } : DELIVERED) }
      : {}),
  }
  return { secrets, channels: [sms], sent }
}
