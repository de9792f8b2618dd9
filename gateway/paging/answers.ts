import { createHash, timingSafeEqual } from 'node:crypto'
import { Fault } from '#devices/fault.ts'
import type { Command } from '#rules/command.ts'
import type { CommandAnswer } from '../answer-book.ts'
import type { PageDocument } from '../store/paging-rows.ts'
import type { ContactOf } from './road.ts'
import { decrypted, elementOf, isSigned, type WecomCallback, type WecomSignature } from './wecom-callback.ts'

export type PageAnswerOptions = Readonly<{
  /** The company that the app belongs to, and what its callbacks are signed with; null: none come. */
  card: (WecomCallback & Readonly<{ corp_id: string }>) | null
  /** Stands in the address that the voice provider calls; null: it calls none. */
  voiceToken: string | null
  contactOf: ContactOf
  pageOf(id: string): Promise<PageDocument | null>
  command(command: Command): Promise<CommandAnswer>
  wallNow(): number
  /** A right signature of another time: replayed, or one of the clocks is wrong. */
  stale(byMs: number): void
  /** What was pressed stands on the card from then on. */
  replaceButtons(responseCode: string, text: string): void
}>

/** What the far end of a road says a person did: pressed a button of the card, took the call, pressed a key. */
export type PageAnswers = Readonly<{
  /** The answer to the question by which WeCom makes sure that the address is ours. */
  cardEcho(signature: WecomSignature, echo: string): string
  cardEvent(signature: WecomSignature, xml: string): Promise<void>
  voiceReports(token: string, reports: readonly VoiceReport[]): Promise<void>
}>
/** `id` is that of the page's try. */
export type VoiceReport = Readonly<{ id: string; isAnswered: boolean; key: string | null }>

/** Whoever wrote down a signed call cannot play it again later: they are sent when they are made. */
const FRESH_MS = 10 * 60_000
/** The key of a phone by which an order is accepted. */
const ACCEPT_KEY = '1'

/** The same answer again is the same command, and has one effect. Whoever cannot prove who they are is refused. */
export function pageAnswers(options: PageAnswerOptions): PageAnswers {
  const { card, voiceToken, contactOf, pageOf, command, wallNow } = options

  function opened(encrypted: string | null, signature: WecomSignature): string {
    if (!card || encrypted === null || !isSigned(encrypted, signature, card.token)) throw new Fault('forbidden')
    const ageMs = wallNow() - Number(signature.timestamp) * 1_000
    if (!(Math.abs(ageMs) <= FRESH_MS)) {
      options.stale(ageMs)
      throw new Fault('forbidden')
    }
    const { text, receiver } = orForbidden(() => decrypted(encrypted, card.aes_key))
    if (receiver !== card.corp_id) throw new Fault('forbidden')
    return text
  }

  async function answered(page: string, key: string | null): Promise<void> {
    const id = `answer:${page}:${key ?? ''}`
    // A page that is over is answered all the same: nothing is left to say.
    await command({ type: 'page.answer', page, key, id, actor: `page:${page}` })
  }

  async function acceptFor({ id: page, about, subject, person: by }: PageDocument): Promise<CommandAnswer> {
    const stamp = { id: `accept:${page}`, actor: `page:${page}` }
    if (about === 'task') return command({ type: 'task.accept', task: subject, by, ...stamp })
    return command({ type: 'order.accept', order: subject, by, ...stamp })
  }

  return {
    cardEcho: (signature, echo) => opened(echo, signature),
    async cardEvent(signature, xml) {
      const text = opened(elementOf(xml, 'Encrypt'), signature)
      if (elementOf(text, 'Event') !== 'template_card_event') return
      const page = await known(elementOf(text, 'TaskId'))
      const [member, key] = [elementOf(text, 'FromUserName'), elementOf(text, 'EventKey')]
      // Somebody else's card, passed on: only whom it was sent to may press its buttons.
      if (!page || member === null || (await contactOf(page.person))?.wecom !== member) throw new Fault('forbidden')
      await answered(page.id, key)
      const responseCode = elementOf(text, 'ResponseCode')
      const said = await pressed(page, key)
      if (responseCode !== null && said !== null) options.replaceButtons(responseCode, said)
    },
    async voiceReports(token, reports) {
      if (voiceToken === null || !isSame(token, voiceToken)) throw new Fault('not_found')
      for (const { id, isAnswered, key } of reports) {
        const page = isAnswered ? await known(id) : null
        // Whoever reports of calls speaks of calls alone.
        if (page?.road !== 'voice') continue
        await answered(page.id, key)
        if (key === ACCEPT_KEY && page.purpose === 'accept') await acceptFor(page)
      }
    },
  }

  /** What to write on the card; null to leave it as it is. */
  async function pressed(page: PageDocument, key: string | null): Promise<string | null> {
    if (page.purpose !== 'accept') return null
    if (key === 'accept') {
      const answer = await acceptFor(page)
      if (!('refused' in answer)) return '已接单'
      return answer.refused === 'already_accepted' ? `已由 ${String(answer.params['by'] ?? '他人')} 接单` : '无法接单'
    }
    // A task goes on to the next by its own clock.
    if (key !== 'decline' || page.about === 'task') return null
    const { id, subject: order, person: by } = page
    const decline = { type: 'order.decline', order, by, reason: '卡片：无法接单' } as const
    const answer = await command({ ...decline, id: `decline:${id}`, actor: `page:${id}` })
    return 'refused' in answer ? null : '已拒绝'
  }

  /** `PG7-card-2` is the second try of `PG7-card`. */
  async function known(id: string | null): Promise<PageDocument | null> {
    const page = /^(PG\w{1,20}-[a-z]{1,10})-\d{1,6}$/.exec(id ?? '')?.[1]
    return page === undefined ? null : pageOf(page)
  }
}

function orForbidden<T>(work: () => T): T {
  try {
    return work()
  } catch {
    throw new Fault('forbidden')
  }
}

/** By their digests, so that neither length nor beginning can be measured. */
function isSame(given: string, secret: string): boolean {
  const [a, b] = [given, secret].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(a!, b!)
}
