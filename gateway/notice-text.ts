import { cutToBytes } from './channels/cut.ts'
import type { Escape } from './notices/templates.ts'
import { phaseOf, wordsOf } from './notices/words.ts'
import type { ChannelConfig } from './channels/schema.ts'
import type { Site } from './site/site.ts'
import type { MessagePhase, NoticeDocument } from './store/documents.ts'
import { type Language, LANGUAGES } from './texts.ts'

export type NoticeText = Readonly<{ title: string; body: string }>
export type TextChannel = ChannelConfig['type'] | 'sms' | 'email' | 'push' | 'page'
export type TextOptions = Readonly<{
  /** The message; unless said, what the page says of it now. */
  phase?: MessagePhase | undefined
  channel?: TextChannel | undefined
  /** Short sentences, one a line. */
  plain?: boolean
  /** The living page of this notice. */
  link?: string | null
}>

/**
 * Bytes of UTF-8 that one language may take. A WeCom text holds 2,048 for both languages and their titles; a text message
 * is paid by parts of 67 characters; a push holds 4,096 with all around it.
 */
const MOST_BYTES: Readonly<Partial<Record<TextChannel, number>>> = {
  'wecom-bot': 900,
  'dingtalk-bot': 8_000,
  'feishu-bot': 8_000,
  sms: 804,
  push: 2_000,
  email: 60_000,
}
const PAGE_BYTES = 16_000

/** What residents read, in every language: what, where, since when, why, what to do, when they hear again, whom to call. */
export function noticeTexts(
  notice: NoticeDocument,
  site: Site,
  options: TextOptions = {},
): Record<Language, NoticeText> {
  const entries = LANGUAGES.map((language) => [language, noticeText(notice, site, language, options)])
  return Object.fromEntries(entries) as Record<Language, NoticeText>
}

/** How many bytes a channel takes of one language. */
export function mostBytesOf(channel: TextChannel): number {
  return MOST_BYTES[channel] ?? PAGE_BYTES
}

export function noticeText(
  notice: NoticeDocument,
  site: Site,
  language: Language,
  { phase, channel = 'page', plain = false, link = null }: TextOptions,
): NoticeText {
  const { kind } = notice
  const words = wordsOf(notice, site, language, {
    phase: phaseOf(notice, phase),
    plain,
    short: channel === 'sms',
    link: link ?? '',
  })
  const variants = plain ? ['plain', channel] : [channel]
  // A kind without texts of its own is told in the general ones.
  const names = [kind, 'other'].flatMap((of) => [...variants.map((variant) => `${of}.${variant}`), of])
  const escape: Escape = channel === 'dingtalk-bot' ? 'markdown' : 'plain'
  const text = site.templates.render(names, language, escape, words) ?? words.where
  return fitted(text, language, mostBytesOf(channel), plain)
}

/** The first line is the title. Chinese sentences stand side by side, English ones need a space. */
function fitted(text: string, language: Language, most: number, plain: boolean): NoticeText {
  const [title = '', ...lines] = text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '')
  const between = plain ? '\n' : language === 'zh-CN' ? '' : ' '
  return { title, body: cutToBytes(lines.join(between), most - Buffer.byteLength(title)) }
}
