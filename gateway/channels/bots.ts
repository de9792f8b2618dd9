import { createHash, createHmac } from 'node:crypto'
import type { Channel, Delivery, Message } from './channel.ts'
import type { BotType } from './bot-type.ts'
import { botText } from './bot-text.ts'
import { cutToBytes } from './cut.ts'
import { type Answer, deliveryByStatus, type Letter, post, type Resolve, resolveName } from './post.ts'

export type BotConfig = Readonly<{
  id: string
  type: BotType
  /** Of the bot's address; a secret. */
  key: string
  /** Where its messages must be signed. */
  secret?: string | undefined
  /** Of another host than the provider's own: a proxy on site. */
  url?: string | undefined
  allow_private?: boolean | undefined
}>

type Kind = Readonly<{
  host: string
  /** Never more than these in any window of `windowMs`, of real time: the provider mutes a bot that sends more. */
  most: number
  windowMs: number
  letter(config: BotConfig, message: Message, wallNow: number): Omit<Letter, 'headers'>
  /** What its own number means; 0 is success. */
  codeOf(answer: Record<string, unknown>): unknown
  /** To try again, and how long to wait; any other number is final. */
  patience: Readonly<Record<number, number>>
  /** Of these the whole account has to wait. */
  tooMany: readonly number[]
  /** A longer text is cut by the provider, or dropped with the whole message. */
  mostBytes: number
}>

const MINUTE = 60_000
const WECOM_BYTES = 2_048
const OTHER_BYTES = 18_000

/** Group bots by the documents of their providers: limits, signatures, and bodies that alone say whether it went out. */
const KINDS: Readonly<Record<BotType, Kind>> = {
  'wecom-bot': {
    host: 'https://qyapi.weixin.qq.com',
    most: 20,
    windowMs: MINUTE,
    letter: ({ key, url }, message) => ({
      url: `${url ?? KINDS['wecom-bot'].host}/cgi-bin/webhook/send?key=${encodeURIComponent(key)}`,
      body: JSON.stringify({ msgtype: 'text', text: { content: cutToBytes(botText(message).text, WECOM_BYTES) } }),
    }),
    codeOf: ({ errcode }) => errcode,
    // Busy; too often.
    patience: { [-1]: 5_000, 45_009: MINUTE },
    tooMany: [45_009],
    mostBytes: WECOM_BYTES,
  },
  'dingtalk-bot': {
    host: 'https://oapi.dingtalk.com',
    most: 20,
    windowMs: MINUTE,
    letter({ key, secret, url }, message, wallNow) {
      const sign = secret === undefined ? '' : `&timestamp=${wallNow}&sign=${dingtalkSign(secret, wallNow)}`
      const { title, text } = botText(message)
      return {
        url: `${url ?? KINDS['dingtalk-bot'].host}/robot/send?access_token=${encodeURIComponent(key)}${sign}`,
        body: JSON.stringify({ msgtype: 'markdown', markdown: { title, text: cutToBytes(text, OTHER_BYTES) } }),
      }
    },
    codeOf: ({ errcode }) => errcode,
    // System busy; too often, and muted for ten minutes.
    patience: { [-1]: 5_000, 130_101: 10 * MINUTE },
    tooMany: [130_101],
    mostBytes: OTHER_BYTES,
  },
  'feishu-bot': {
    host: 'https://open.feishu.cn',
    most: 100,
    windowMs: MINUTE,
    letter({ key, secret, url }, message, wallNow) {
      const timestamp = String(Math.floor(wallNow / 1_000))
      const signed = secret === undefined ? {} : { timestamp, sign: feishuSign(secret, timestamp) }
      const content = { text: cutToBytes(botText(message).text, OTHER_BYTES) }
      return {
        url: `${url ?? KINDS['feishu-bot'].host}/open-apis/bot/v2/hook/${encodeURIComponent(key)}`,
        body: JSON.stringify({ ...signed, msg_type: 'text', content }),
      }
    },
    codeOf: ({ code, StatusCode }) => code ?? StatusCode,
    patience: { 11_232: MINUTE, 9_499: MINUTE },
    tooMany: [11_232, 9_499],
    mostBytes: OTHER_BYTES,
  },
}

/** A bot of a group chat. Success is what the body says, not the status: most answer 200 to everything. */
export function botChannel(config: BotConfig, wallNow: () => number, resolve: Resolve = resolveName): Channel {
  const kind = KINDS[config.type]
  const { id, allow_private: mayBePrivate = false } = config
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  return {
    id,
    reach: 'group',
    // Two channels with one key are one bot.
    account: `${config.type}:${createHash('sha256').update(config.key).digest('hex').slice(0, 16)}`,
    fits: (digest) => Buffer.byteLength(botText(digest).text) <= kind.mostBytes,
    limit: { most: kind.most, windowMs: kind.windowMs },
    send(message, signal) {
      const letter = { ...kind.letter(config, message, wallNow()), headers }
      return post(letter, { mayBePrivate, resolve, signal, wantsText: true }, (answer) => deliveryOf(answer, kind))
    },
  }
}

function deliveryOf(answer: Answer, kind: Kind): Delivery {
  return { ...judged(answer, kind), ...(answer.text === '' ? {} : { said: answer.text.slice(0, 300) }) }
}

function judged(answer: Answer, { codeOf, patience, tooMany }: Kind): Delivery {
  if (answer.status < 200 || answer.status >= 300) return deliveryByStatus(answer)
  const code = codeIn(answer.text, codeOf)
  // A page of a captive portal, or a body cut short: nobody knows whether it went out.
  if (code === null) return { outcome: 'unknown', reason: 'unreadable_answer' }
  if (code === 0) return { outcome: 'delivered' }
  const afterMs = patience[code]
  return afterMs === undefined
    ? { outcome: 'failed', reason: `errcode_${code}` }
    : { outcome: 'retry', reason: `errcode_${code}`, afterMs, isForAll: tooMany.includes(code) }
}

function codeIn(text: string, codeOf: Kind['codeOf']): number | null {
  try {
    const code = codeOf(JSON.parse(text) as Record<string, unknown>)
    return typeof code === 'number' ? code : null
  } catch {
    return null
  }
}

function dingtalkSign(secret: string, timestamp: number): string {
  return encodeURIComponent(createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'))
}

/** The text is the key here, and nothing is signed with it: so their document has it. */
function feishuSign(secret: string, timestamp: string): string {
  return createHmac('sha256', `${timestamp}\n${secret}`).digest('base64')
}
