import { Webhook } from 'standardwebhooks'
import { aliyunRequest } from '../channels/aliyun-request.ts'
import type { Delivery } from '../channels/channel.ts'
import { type Answer, deliveryByStatus, post, type Resolve, resolveName } from '../channels/post.ts'
import type { PageMessage, StaffRoad } from './road.ts'

export type AliyunVoice = Readonly<{
  type: 'aliyun'
  key_id: string
  key_secret: string
  /** Of the approved text: its variables are class, name, place, number. */
  template: string
  /** The number that rings; left out with a public model. */
  show_number?: string | undefined
  url?: string | undefined
  allow_private?: boolean | undefined
}>
export type HttpVoice = Readonly<{
  type: 'http'
  url: string
  secret: string
  allow_private?: boolean | undefined
}>
export type VoiceConfig = AliyunVoice | HttpVoice
export type Edge = Readonly<{ wallNow(): number; nonce(): string; resolve?: Resolve }>

const HOST = 'dyvmsapi.aliyuncs.com'
/** The longest value of a variable that is still read out. */
const LONGEST_VALUE = 20

/** A call that reads the page out. That it was placed is all that is known here; the report says whether it was taken. */
export function voiceRoad(config: VoiceConfig, edge: Edge): StaffRoad {
  return {
    road: 'voice',
    reaches: ({ phone }) => phone !== null,
    send: (message, signal) =>
      config.type === 'aliyun'
        ? sendByAliyun(config, edge, message, signal)
        : sendByHttp(config, edge, message, signal),
  }
}

function sendByAliyun(config: AliyunVoice, edge: Edge, message: PageMessage, signal: AbortSignal): Promise<Delivery> {
  const {
    key_id: keyId,
    key_secret: keySecret,
    template,
    show_number: shown,
    url,
    allow_private: mayBePrivate,
  } = config
  const values = Object.entries(message.values).map(([name, value]) => [name, value.slice(0, LONGEST_VALUE)])
  const params = {
    CalledNumber: (message.to.phone ?? '').replace(/^\+86/, ''),
    TtsCode: template,
    TtsParam: JSON.stringify(Object.fromEntries(values)),
    PlayTimes: '3',
    OutId: message.id,
    ...(shown === undefined ? {} : { CalledShowNumber: shown }),
  }
  const call = { host: HOST, action: 'SingleCallByTts', version: '2017-05-25', params }
  const once = { nonce: edge.nonce(), wallNow: edge.wallNow(), ...(url === undefined ? {} : { url }) }
  const letter = aliyunRequest(call, { keyId, keySecret }, once)
  const to = { mayBePrivate: mayBePrivate ?? false, resolve: edge.resolve ?? resolveName, signal, wantsText: true }
  return post(letter, to, deliveryOf)
}

/** Their own fault, or too much at once: worth another try. All else will be refused again. */
const PASSING = /^(?:isp\.|Throttling|ServiceUnavailable|InternalError)/

function deliveryOf(answer: Answer): Delivery {
  const code = codeIn(answer.text)
  if (code === null)
    return answer.status < 300 ? { outcome: 'unknown', reason: 'unreadable_answer' } : deliveryByStatus(answer)
  if (code === 'OK') return { outcome: 'delivered' }
  const reason = code.toLowerCase()
  return PASSING.test(code) ? { outcome: 'retry', reason } : { outcome: 'failed', reason }
}

function codeIn(text: string): string | null {
  try {
    const { Code: code } = JSON.parse(text) as { Code?: unknown }
    return typeof code === 'string' ? code : null
  } catch {
    return null
  }
}

/** Any provider behind a small program of the site's own, or a telephone system: signed as the webhooks are. */
async function sendByHttp(config: HttpVoice, edge: Edge, message: PageMessage, signal: AbortSignal): Promise<Delivery> {
  const { id, page, purpose, class: ofClass, texts, values, to } = message
  const body = JSON.stringify({ id, page, purpose, class: ofClass, to: to.phone, texts, values })
  const at = new Date(edge.wallNow())
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(Buffer.from(config.secret), { format: 'raw' }).sign(id, at, body),
  }
  const where = { mayBePrivate: config.allow_private ?? false, resolve: edge.resolve ?? resolveName, signal }
  return post({ url: config.url, headers, body }, where, deliveryByStatus)
}
