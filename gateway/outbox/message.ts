import { Temporal } from 'temporal-polyfill'
import { isEnd as isNoticeOver } from '#rules/notices/states.ts'
import { PHASES, type ReachPhase } from '#rules/reach/events.ts'
import type { Channel, Message } from '../channels/channel.ts'
import type { Addressee } from '../households/register.ts'
import { noticeTexts, type TextChannel } from '../notice-text.ts'
import { noticeValues } from '../notices/values.ts'
import type { Site } from '../site/site.ts'
import type { NoticeDocument } from '../store/documents.ts'
import type { OutboxRow } from '../store/outbox-table.ts'
import type { Language } from '../texts.ts'

/** Where a contact is reached on a channel, and in which language it reads; null when nowhere. */
export type AddressOf = (contact: string, channel: string) => Promise<Addressee | null>

/** What is to be sent; or why it cannot or need not be. */
export type Prepared = Readonly<{ message: Message } | { result: 'failed' | 'cancelled'; reason: string }>

type Sources = Readonly<{
  site: Site
  noticeOf(id: string): Promise<NoticeDocument | null>
  addressOf: AddressOf
  /** The living page of a notice, where residents can reach one; as it is sent to one home. */
  linkOf?(notice: string, home?: string): string | null
}>

export async function prepare(
  { site, noticeOf, addressOf, linkOf }: Sources,
  channel: Channel,
  row: OutboxRow,
): Promise<Prepared> {
  const notice = await noticeOf(row.doc.notice)
  if (!notice) return { result: 'failed', reason: 'unknown_notice' }
  if (isOver(row, notice, channel)) return { result: 'cancelled', reason: 'over_before_sent' }
  const link = linkOf?.(notice.id, homeOf(row)) ?? null
  if (channel.reach === 'group') return { message: messageOf(row, notice, site, link) }
  const addressee = row.doc.contact === undefined ? null : await addressOf(row.doc.contact, channel.id)
  if (addressee === null) return { result: 'failed', reason: 'no_address' }
  return { message: { ...messageOf(row, notice, site, link, addressee.language), ...addressee } }
}

/** Of a message to one person; a group is many. */
function homeOf({ doc: { contact, homes } }: OutboxRow): string | undefined {
  return contact === undefined ? undefined : homes[0]
}

/**
 * F61: whoever was not told of the beginning needs no end, and nobody needs to hear of a beginning that is over. What may
 * have gone out already is told to its end.
 */
function isOver({ doc, earlier, isDoubtful }: OutboxRow, { state }: NoticeDocument, { isRecord }: Channel): boolean {
  if (isRecord || isDoubtful) return false
  if (isEnd(doc.phase)) return earlier.length > 0 && earlier.every((fate) => fate === 'cancelled')
  return isNoticeOver(state)
}

function isEnd(phase: string): boolean {
  return Object.hasOwn(PHASES, phase) && PHASES[phase as ReachPhase] === 'ends'
}

/** The words of a channel fit what it can carry. */
function kindOf(channel: string, site: Site): TextChannel {
  const type = site.channels.find(({ id }) => id === channel)?.type ?? 'page'
  if (type === 'aliyun-sms' || type === 'http-sms') return 'sms'
  return type === 'web-push' ? 'push' : type
}

/** What a provider approved is Chinese, whoever reads it; other channels speak the reader's language. */
function templatesOf(channel: string, site: Site): Language | null {
  return site.channels.find(({ id }) => id === channel)?.type === 'aliyun-sms' ? 'zh-CN' : null
}

function messageOf(
  { id, channel, doc }: OutboxRow,
  notice: NoticeDocument,
  site: Site,
  link: string | null,
  language?: Language,
): Message {
  return {
    id,
    site: site.id,
    notice: notice.id,
    kind: notice.kind,
    phase: doc.phase,
    homes: doc.homes,
    alarmIds: notice.alarmIds,
    at: Temporal.Instant.fromEpochMilliseconds(doc.at).toString(),
    trace: doc.trace,
    texts: noticeTexts(notice, site, { phase: doc.phase, channel: kindOf(channel, site), link }),
    values: noticeValues(notice, site, { phase: doc.phase, link, language: templatesOf(channel, site) ?? language }),
  }
}
