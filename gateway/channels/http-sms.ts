import { compileCondition, type Condition, type VariableType } from '#devices/expression.ts'
import type { Value } from '#devices/reading.ts'
import type { Channel, Delivery, Message } from './channel.ts'
import type { ChannelPorts } from './ports.ts'
import { type Answer, deliveryByStatus, post } from './post.ts'
import type { ConfigOf } from './schema.ts'

type Config = ConfigOf<'http-sms'>

/** Of a field of the answer, as conditions see it. */
export const ANSWER_TYPES = { number: 'double', text: 'string', bool: 'bool' } as const satisfies Record<
  string,
  VariableType
>

/**
 * Any provider that takes a form or JSON over HTTP. What its answer means is said by conditions over the fields of its
 * JSON body; an answer on which they cannot be judged proves nothing.
 */
export function httpSms(config: Config, { resolve }: ChannelPorts): Channel {
  const { id, url, method = 'POST', allow_private: mayBePrivate = false } = config
  const conditions = { success: conditionOf(config, 'success'), retry: conditionOf(config, 'retry') }
  return {
    id,
    reach: 'person',
    limit: { most: config.per_minute ?? 60, windowMs: 60_000 },
    inFlight: 4,
    send(message, signal) {
      const fill = fillerOf(config, message)
      const headers = Object.fromEntries(
        Object.entries(config.headers ?? {}).map(([name, value]) => [name.toLowerCase(), fill(value)]),
      )
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

/** `{to}`, `{title}`, `{text}`, `{id}`, `{secret}` and the values of the notice; an unknown name is nothing. */
function fillerOf({ secret = '' }: Config, { to = '', id, texts, values = {} }: Message): Fill {
  const { title, body } = texts['zh-CN']
  const known: Readonly<Record<string, string>> = { ...values, to, id, title, text: body, secret }
  return (text) => text.replace(/\{(\w+)\}/g, (_, name: string) => (Object.hasOwn(known, name) ? known[name]! : ''))
}

function filledIn(value: unknown, fill: Fill): unknown {
  if (typeof value === 'string') return fill(value)
  if (Array.isArray(value)) return value.map((entry) => filledIn(entry, fill))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, filledIn(entry, fill)]))
}

function judged(
  answer: Answer,
  { answer: fields }: Config,
  { success, retry }: Readonly<{ success: Condition | null; retry: Condition | null }>,
): Delivery {
  const said = answer.text.slice(0, 300)
  const values = fieldsOf(answer.text, Object.keys(fields))
  const verdict = values === null ? 'unknown' : (success?.evaluate(values) ?? 'unknown')
  if (verdict === true && answer.status < 300) return { outcome: 'accepted', said }
  if (values !== null && retry?.evaluate(values) === true) return { outcome: 'retry', reason: 'not_now', said }
  if (answer.status >= 300) return { ...deliveryByStatus(answer), said }
  return verdict === 'unknown'
    ? { outcome: 'unknown', reason: 'unreadable_answer', said }
    : { outcome: 'failed', reason: 'refused', said }
}

function fieldsOf(text: string, names: readonly string[]): Record<string, Value> | null {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null) return null
    const entries = new Map(Object.entries(body))
    return Object.fromEntries(names.flatMap((name) => (entries.has(name) ? [[name, entries.get(name) as Value]] : [])))
  } catch {
    return null
  }
}

/** Its faults were found with the site file; one that is not well is never true. */
function conditionOf(config: Config, key: 'success' | 'retry'): Condition | null {
  const text = config[key]
  if (text === undefined) return null
  const variables = new Map(Object.entries(config.answer).map(([name, type]) => [name, ANSWER_TYPES[type]]))
  const compiled = compileCondition(text, variables)
  return 'condition' in compiled ? compiled.condition : null
}
