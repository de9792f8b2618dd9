import { resolve } from 'node:path'
import { closest } from '#devices/closest.ts'
import { compileCondition } from '#devices/expression.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import { variablesOf } from '../channels/http-answer.ts'
import { leadsInside } from '../channels/private-address.ts'
import { type ChannelConfig, type ConfigOf, reachOf } from '../channels/schema.ts'
import { NOTICE_VALUES } from '../notices/values.ts'
import { PAGE_VALUES } from '../paging/page-text.ts'

type Step = string | number
type Tools = Readonly<{
  folder: string
  /** A fault at a place of this channel; `offset` counts characters into the text that stands there. */
  blame(channel: ChannelConfig, at: readonly Step[], code: FaultCode, params: Params, offset?: number): void
  /** The value of a secret; null when it cannot be used, which is blamed. */
  secretAt(channel: ChannelConfig, at: readonly Step[], written: string): string | null
  isReadable(file: string): boolean
}>

/** The channels that can run, their secrets resolved; each that cannot is blamed with its place, and left out. */
export function channelsOf(entries: readonly ChannelConfig[], tools: Tools): ChannelConfig[] {
  const usable = entries.map((entry) => resolved(entry, tools)).filter((entry) => entry !== null)
  return usable.map((entry) => withFallback(entry, usable, entries, tools))
}

function resolved(channel: ChannelConfig, tools: Tools): ChannelConfig | null {
  const { blame, secretAt } = tools
  const isReachable = mayBeCalled(channel, tools)
  const secret = (key: string, written: string | undefined) =>
    written === undefined ? undefined : secretAt(channel, [key], written)
  switch (channel.type) {
    case 'screen':
    case 'web-push':
      return channel
    case 'webhook': {
      const own = secret('secret', channel.secret)
      return own && isReachable ? { ...channel, secret: own } : null
    }
    case 'aliyun-sms': {
      const [id, key] = [
        secret('access_key_id', channel.access_key_id),
        secret('access_key_secret', channel.access_key_secret),
      ]
      const token = channel.receipts && secretAt(channel, ['receipts', 'token'], channel.receipts.token)
      const isWell = areTemplatesWell(channel, tools)
      if (!id || !key || token === null || !isWell || !isReachable) return null
      const receipts = channel.receipts && token ? { receipts: { ...channel.receipts, token } } : {}
      return { ...channel, access_key_id: id, access_key_secret: key, ...receipts }
    }
    case 'http-sms': {
      const own = secret('secret', channel.secret)
      const isWell = areConditionsWell(channel, tools)
      if ((channel.form === undefined) === (channel.json === undefined)) {
        blame(channel, [], 'wrong_value', { key: 'form', detail: 'form or json, one of them' })
        return null
      }
      if (own === null || !isWell || !isReachable) return null
      return { ...channel, ...(own === undefined ? {} : { secret: own }) }
    }
    case 'email': {
      const own = secret('password', channel.password)
      const { ca_file: caFile } = channel
      const file = caFile === undefined ? undefined : resolve(tools.folder, caFile)
      if (file !== undefined && !tools.isReadable(file)) {
        blame(channel, ['ca_file'], 'file_missing', { file: caFile! })
        return null
      }
      if (own === null || !isReachable) return null
      return {
        ...channel,
        ...(own === undefined ? {} : { password: own }),
        ...(file === undefined ? {} : { ca_file: file }),
      }
    }
    default: {
      const [key, own] = [secret('key', channel.key), secret('secret', channel.secret)]
      if (!key || !isReachable || own === null) return null
      return { ...channel, key, ...(own === undefined ? {} : { secret: own }) }
    }
  }
}

/** S21: where a name leads is seen when it is called; an address says it here. */
function mayBeCalled(channel: ChannelConfig, { blame }: Tools): boolean {
  if (channel.type === 'screen' || channel.type === 'web-push') return true
  const { allow_private: mayBePrivate = false } = channel
  return addressesOf(channel).every(({ at, url }) => {
    const key = at.at(-1)!
    if (!URL.canParse(url)) blame(channel, at, 'wrong_value', { key, detail: 'https://host/path' })
    else if (!mayBePrivate && leadsInside(url)) blame(channel, at, 'private_address', { url })
    else return true
    return false
  })
}

function addressesOf(
  channel: Exclude<ChannelConfig, { type: 'screen' | 'web-push' }>,
): { at: readonly string[]; url: string }[] {
  if (channel.type === 'email') return [{ at: ['host'], url: `smtp://${channel.host}` }]
  const receipt = channel.type === 'http-sms' && channel.receipt ? [channel.receipt.url] : []
  return [
    ...(channel.url === undefined ? [] : [{ at: ['url'], url: channel.url }]),
    ...receipt.map((url) => ({ at: ['receipt', 'url'], url })),
  ]
}

function areTemplatesWell(channel: ConfigOf<'aliyun-sms'>, { blame }: Tools): boolean {
  let isWell = true
  channel.templates.forEach(({ kind, text }, i) => {
    const known: readonly string[] = kind === 'page' ? PAGE_VALUES : NOTICE_VALUES
    for (const { 1: id = '', index } of text.matchAll(/\$\{(\w*)\}/g)) {
      if (known.includes(id)) continue
      const hint = closest(id, known)
      const params = { kind: 'variable', id, ...(hint ? { hint } : {}) }
      blame(channel, ['templates', i, 'text'], 'unknown_reference', params, index)
      isWell = false
    }
  })
  return isWell
}

function areConditionsWell(channel: ConfigOf<'http-sms'>, { blame }: Tools): boolean {
  const { receipt } = channel
  const written = [
    { at: ['success'], text: channel.success, fields: channel.answer },
    { at: ['bad_number'], text: channel.bad_number, fields: channel.answer },
    { at: ['retry'], text: channel.retry, fields: channel.answer },
    ...(receipt
      ? (['delivered', 'failed'] as const).map((key) => ({
          at: ['receipt', key],
          text: receipt[key],
          fields: receipt.answer,
        }))
      : []),
  ]
  const faults = written.flatMap(({ at, text, fields }) => {
    if (text === undefined) return []
    const compiled = compileCondition(text, variablesOf(fields))
    return 'fault' in compiled ? [{ at, fault: compiled.fault }] : []
  })
  for (const { at, fault } of faults) blame(channel, at, fault.code, fault.params, fault.offset)
  return faults.length === 0
}

/** Without one where it leads nowhere, to another reach, or back to itself. */
function withFallback(
  channel: ChannelConfig,
  usable: readonly ChannelConfig[],
  written: readonly ChannelConfig[],
  { blame }: Tools,
): ChannelConfig {
  const { fallback, ...without } = channel
  if (fallback === undefined) return channel
  const at = (id: string) => usable.find((known) => known.id === id)
  const own = written.find(({ id }) => id === channel.id) ?? channel
  const next = at(fallback)
  if (!next) {
    const ids = usable.map(({ id }) => id)
    const hint = closest(fallback, ids)
    blame(own, ['fallback'], 'unknown_reference', { kind: 'channel', id: fallback, ...(hint ? { hint } : {}) })
    return without as ChannelConfig
  }
  const isRound = (id: string | undefined, seen: readonly string[]): boolean =>
    id !== undefined && (seen.includes(id) || isRound(at(id)?.fallback, [...seen, id]))
  const detail =
    reachOf(next) === reachOf(channel)
      ? isRound(fallback, [channel.id]) && 'it leads back here'
      : 'a channel of the same reach: to a group, or to one person'
  if (!detail) return channel
  blame(own, ['fallback'], 'wrong_value', { key: 'fallback', detail })
  return without as ChannelConfig
}
