import type { Condition } from '#devices/expression.ts'
import type { Channel, Delivery, Message } from './channel.ts'
import { conditionOver, fieldsOf } from './http-answer.ts'
import type { ChannelPorts } from './ports.ts'
import { type Answer, deliveryByStatus, post } from './post.ts'
import type { ConfigOf } from './schema.ts'

type Config = ConfigOf<'http-sms'>

/**
 * Any provider that takes a form or JSON over HTTP. What its answer means is said by conditions over the fields of its
 * JSON body; an answer on which they cannot be judged proves nothing.
 */
export function httpSms(config: Config, { resolve }: ChannelPorts): Channel {
  const { id, url, method = 'POST', allow_private: mayBePrivate = false } = config
  const conditions = {
    success: conditionOver(config.answer, config.success),
    retry: conditionOver(config.answer, config.retry),
    badNumber: conditionOver(config.answer, config.bad_number),
  }
  return {
    id,
    reach: 'person',
    limit: { most: config.per_minute ?? 60, windowMs: 60_000 },
    inFlight: 4,
    send(message, signal) {
      const fill = fillerOf(config, message)
      const headers = headersOf(config.headers ?? {}, fill)
      const letter =
        config.json === undefined
          ? formLetter(config, method, fill)
          : { url, body: JSON.stringify(filledIn(config.json, fill)), type: 'application/json; charset=utf-8' }
      return post(
        { url: letter.url, method, body: letter.body, headers: { 'content-type': letter.type, ...headers } },
        { mayBePrivate, resolve, signal, wantsText: true },
        (answer) => judged(answer, config, conditions),
      )
    },
    ...(config.receipt ? { receiptOf: receiptsBy(config, config.receipt, { mayBePrivate, resolve }) } : {}),
  }
}

/** Asks what became of a message; what neither condition says is not known yet. */
function receiptsBy(
  { headers = {}, secret = '' }: Config,
  { url, answer: fields, delivered, failed }: NonNullable<Config['receipt']>,
  road: Readonly<{ mayBePrivate: boolean; resolve: ChannelPorts['resolve'] }>,
): NonNullable<Channel['receiptOf']> {
  const conditions = { delivered: conditionOver(fields, delivered), failed: conditionOver(fields, failed) }
  return async ({ id, to, ref }, signal) => {
    const known = { id, to, ref, secret }
    const asked = {
      url: filledWith(url, known, encodeURIComponent),
      method: 'GET' as const,
      headers: headersOf(headers, (text) => filledWith(text, known)),
      body: '',
    }
    const told = await post(asked, { ...road, signal, wantsText: true }, ({ status, text }): Delivery | null => {
      const values = status < 300 ? fieldsOf(text, Object.keys(fields)) : null
      if (values === null) return null
      if (conditions.delivered?.evaluate(values) === true) return { outcome: 'delivered' }
      return conditions.failed?.evaluate(values) === true ? { outcome: 'failed', reason: 'not_delivered' } : null
    })
    return told === null || told.outcome === 'retry' || told.outcome === 'unknown' ? null : told
  }
}

type Fill = (text: string) => string

function formLetter({ url, form = {} }: Config, method: string, fill: Fill) {
  const fields = new URLSearchParams(
    Object.entries(form).map(([name, value]): [string, string] => [name, fill(value)]),
  ).toString()
  const type = 'application/x-www-form-urlencoded; charset=utf-8'
  return method === 'GET'
    ? { url: `${url}${url.includes('?') ? '&' : '?'}${fields}`, body: '', type }
    : { url, body: fields, type }
}

/** `{to}`, `{title}`, `{text}` in the language of who reads it, `{id}`, `{secret}` and the values of the notice. */
function fillerOf({ secret = '' }: Config, { to = '', id, texts, language = 'zh-CN', values = {} }: Message): Fill {
  const { title, body } = texts[language]
  const known: Readonly<Record<string, string>> = { ...values, to, id, title, text: body, secret }
  return (text) => filledWith(text, known)
}

/** An unknown name is nothing. */
function filledWith(text: string, known: Readonly<Record<string, string>>, as = (value: string) => value): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => (Object.hasOwn(known, name) ? as(known[name]!) : ''))
}

function headersOf(headers: Readonly<Record<string, string>>, fill: Fill): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), fill(value)]))
}

function filledIn(value: unknown, fill: Fill): unknown {
  if (typeof value === 'string') return fill(value)
  if (Array.isArray(value)) return value.map((entry) => filledIn(entry, fill))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, filledIn(entry, fill)]))
}

function judged(
  answer: Answer,
  { answer: fields, ref: refField = '' }: Config,
  { success, retry, badNumber }: Readonly<Record<'success' | 'retry' | 'badNumber', Condition | null>>,
): Delivery {
  const said = answer.text.slice(0, 300)
  const values = fieldsOf(answer.text, Object.keys(fields))
  const verdict = values === null ? 'unknown' : (success?.evaluate(values) ?? 'unknown')
  if (verdict === true && answer.status < 300) {
    const ref = fieldsOf(answer.text, [refField])?.[refField]
    const isNumber = typeof ref === 'string' || typeof ref === 'number'
    return { outcome: 'accepted', said, ...(isNumber ? { ref: String(ref).slice(0, 128) } : {}) }
  }
  if (values !== null && retry?.evaluate(values) === true) return { outcome: 'retry', reason: 'not_now', said }
  if (values !== null && badNumber?.evaluate(values) === true) return { outcome: 'failed', reason: 'bad_number', said }
  if (answer.status >= 300) return { ...deliveryByStatus(answer), said }
  return verdict === 'unknown'
    ? { outcome: 'unknown', reason: 'unreadable_answer', said }
    : { outcome: 'failed', reason: 'refused', said }
}
