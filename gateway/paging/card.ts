import { cutToBytes } from '../channels/cut.ts'
import type { Delivery } from '../channels/channel.ts'
import { type Answer, deliveryByStatus, post, type Resolve, resolveName } from '../channels/post.ts'
import type { PageMessage, StaffRoad } from './road.ts'

export type CardConfig = Readonly<{
  type: 'wecom'
  corp_id: string
  agent_id: number
  /** Of the app, a secret. */
  secret: string
  url?: string | undefined
  allow_private?: boolean | undefined
}>

const HOST = 'https://qyapi.weixin.qq.com'
const MINUTE = 60_000
/** A token is asked for anew so long before it ends. */
const TOKEN_MARGIN_MS = 5 * MINUTE
/** The token is not, or no longer, good: another one is. */
const STALE_TOKEN: ReadonlySet<number> = new Set([40_014, 42_001])
/** Busy; too often. All others are final. */
const PATIENCE: Readonly<Record<number, number>> = { [-1]: 5_000, 45_009: MINUTE, 45_033: 5_000 }

type Token = Readonly<{ token: string; goodUntil: number }>
type Said = Readonly<{ code: number | null; body: Record<string, unknown>; answer: Answer }>

/**
 * A message of the company's WeCom app to one member: a card with buttons while the order wants to be accepted, plain
 * text otherwise. Success is what the body says; a member who does not exist is told of in a body that says ok.
 */
export function cardRoad(
  config: CardConfig,
  { wallNow, resolve = resolveName }: Readonly<{ wallNow(): number; resolve?: Resolve }>,
): StaffRoad &
  Readonly<{ replaceButtons(responseCode: string, text: string, signal: AbortSignal): Promise<Delivery> }> {
  const base = config.url ?? HOST
  let known: Token | null = null

  async function ask(path: string, body: object | null, signal: AbortSignal): Promise<Said | Delivery> {
    let said: Said | null = null
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    const letter = { url: `${base}${path}`, headers, body: body === null ? '' : JSON.stringify(body) }
    const failed = await post(
      { ...letter, method: body === null ? 'GET' : 'POST' },
      { mayBePrivate: config.allow_private ?? false, resolve, signal, wantsText: true },
      (answer): Delivery => {
        said = { ...read(answer.text), answer }
        return { outcome: 'delivered' }
      },
    )
    return said ?? failed
  }

  async function tokenOf(signal: AbortSignal): Promise<string | Delivery> {
    if (known && known.goodUntil > wallNow()) return known.token
    const query = `corpid=${encodeURIComponent(config.corp_id)}&corpsecret=${encodeURIComponent(config.secret)}`
    const said = await ask(`/cgi-bin/gettoken?${query}`, null, signal)
    // Nothing was sent yet, whatever became of the question.
    if ('outcome' in said) return { outcome: 'retry', reason: 'reason' in said ? said.reason : 'token' }
    const { access_token: token, expires_in: seconds } = said.body
    if (said.code !== 0 || typeof token !== 'string') {
      const delivery = deliveryOf(said)
      return delivery.outcome === 'delivered' || delivery.outcome === 'unknown'
        ? { outcome: 'retry', reason: 'unreadable_answer' }
        : delivery
    }
    known = { token, goodUntil: wallNow() + (Number(seconds) || 0) * 1_000 - TOKEN_MARGIN_MS }
    return token
  }

  async function call(path: string, body: object, signal: AbortSignal): Promise<Delivery> {
    for (let attempt = 1; ; attempt++) {
      const token = await tokenOf(signal)
      if (typeof token !== 'string') return token
      const said = await ask(`${path}?access_token=${encodeURIComponent(token)}`, body, signal)
      if ('outcome' in said) return said
      if (said.code === null || !STALE_TOKEN.has(said.code)) return deliveryOf(said)
      known = null
      if (attempt === 2) return { outcome: 'failed', reason: `errcode_${said.code}` }
    }
  }

  return {
    road: 'card',
    reaches: ({ wecom }) => wecom !== null,
    send: (message, signal) => call('/cgi-bin/message/send', cardOf(message, config.agent_id), signal),
    /** What was pressed stands on the card from then on; a code is good once, for 72 h. */
    replaceButtons: (responseCode, text, signal) =>
      call(
        '/cgi-bin/message/update_template_card',
        { agentid: config.agent_id, response_code: responseCode, button: { replace_name: text } },
        signal,
      ),
  }
}

export function cardOf({ id, purpose, to, texts, values, link }: PageMessage, agentId: number): object {
  const { title, body } = texts['zh-CN']
  const whom = { touser: to.wecom, agentid: agentId }
  if (purpose !== 'accept') {
    const content = cutToBytes([title, body, ...(link === null ? [] : [link])].join('\n'), 2_048)
    return { ...whom, msgtype: 'text', text: { content } }
  }
  const rows = [
    ['位置', values['place']],
    ['工单', values['number']],
  ] as const
  return {
    ...whom,
    msgtype: 'template_card',
    template_card: {
      card_type: 'button_interaction',
      main_title: { title: cutToBytes(title, 78), desc: cutToBytes(body, 132) },
      horizontal_content_list: rows.map(([keyname, value]) => ({ keyname, value: cutToBytes(value ?? '', 78) })),
      ...(link === null ? {} : { card_action: { type: 1, url: link } }),
      task_id: id,
      button_list: [
        { text: '接单', style: 1, key: 'accept' },
        { text: '无法接单', style: 2, key: 'decline' },
      ],
    },
  }
}

function deliveryOf({ code, body, answer }: Said): Delivery {
  if (answer.status < 200 || answer.status >= 300) return deliveryByStatus(answer)
  if (code === null) return { outcome: 'unknown', reason: 'unreadable_answer' }
  if (code === 0) {
    const invalid = body['invaliduser']
    return typeof invalid === 'string' && invalid !== ''
      ? { outcome: 'failed', reason: 'unknown_member' }
      : { outcome: 'delivered' }
  }
  const afterMs = PATIENCE[code]
  const reason = `errcode_${code}`
  return afterMs === undefined ? { outcome: 'failed', reason } : { outcome: 'retry', reason, afterMs }
}

function read(text: string): Pick<Said, 'code' | 'body'> {
  try {
    const body = JSON.parse(text) as Record<string, unknown>
    return { code: typeof body['errcode'] === 'number' ? body['errcode'] : null, body }
  } catch {
    return { code: null, body: {} }
  }
}
