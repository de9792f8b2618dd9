import type { FaultCode, Params } from '#devices/fault.ts'
import { ROADS } from '#rules/paging/policy.ts'
import type { PagingPlan, Person } from '#rules/plan.ts'
import { leadsInside } from '../channels/private-address.ts'
import type { PagingConfig } from '../paging/config.ts'

type At = readonly string[]
type Tools = Readonly<{
  secretAt(at: At, written: string): string | null
  blame(at: At, code: FaultCode, params: Params): void
  missing(at: At, kind: string, id: string, known: Iterable<string>): void
  channels: readonly string[]
  staff: readonly Person[]
}>

/** By what staff is called: a road that something is wrong with is left out, the others stay. */
export function pagingOf(
  written: PagingConfig | undefined,
  tools: Tools,
): Readonly<{ config: PagingConfig; plan: PagingPlan }> | null {
  if (!written) return null
  const { room = 'monitor', link, sms } = written
  const config: PagingConfig = {
    ...(link === undefined ? {} : { link }),
    ...(written.sounder === undefined ? {} : { sounder: written.sounder }),
    ...voiceOf(written.voice, tools),
    ...cardOf(written.card, tools),
    ...(sms !== undefined && isKnown(sms, tools) ? { sms } : {}),
  }
  const roads = ROADS.filter((road) => config[road] !== undefined)
  if (roads.length === 0) return null
  const sitting = tools.staff.find(({ id, role }) => id === room || role === room)
  return { config, plan: { roads, room: sitting?.id ?? room } }
}

function isKnown(sms: string, { channels, missing }: Tools): boolean {
  if (channels.includes(sms)) return true
  missing(['sms'], 'channel', sms, channels)
  return false
}

function voiceOf(voice: PagingConfig['voice'], tools: Tools): Pick<PagingConfig, 'voice'> {
  if (!voice || !mayBeCalled('voice', voice, tools)) return {}
  const key = voice.type === 'aliyun' ? 'key_secret' : 'secret'
  const secret = tools.secretAt(['voice', key], voice.type === 'aliyun' ? voice.key_secret : voice.secret)
  const written = voice.report_token
  const token = written === undefined ? undefined : tools.secretAt(['voice', 'report_token'], written)
  if (!secret || token === null) return {}
  const report = token === undefined ? {} : { report_token: token }
  return {
    voice: voice.type === 'aliyun' ? { ...voice, key_secret: secret, ...report } : { ...voice, secret, ...report },
  }
}

function cardOf(card: PagingConfig['card'], tools: Tools): Pick<PagingConfig, 'card'> {
  if (!card || !mayBeCalled('card', card, tools)) return {}
  const { callback, ...rest } = card
  const secret = tools.secretAt(['card', 'secret'], card.secret)
  const token = callback && tools.secretAt(['card', 'callback', 'token'], callback.token)
  const aesKey = callback && tools.secretAt(['card', 'callback', 'aes_key'], callback.aes_key)
  if (!secret || token === null || aesKey === null) return {}
  if (aesKey !== undefined && !/^[A-Za-z0-9]{43}$/.test(aesKey)) {
    const detail = '43 letters and digits, as the page of the app shows them'
    tools.blame(['card', 'callback', 'aes_key'], 'wrong_value', { key: 'aes_key', detail })
    return {}
  }
  return { card: { ...rest, secret, ...(callback ? { callback: { token: token!, aes_key: aesKey! } } : {}) } }
}

/** S21, as for channels. */
function mayBeCalled(
  road: 'voice' | 'card',
  { url, allow_private: mayBePrivate = false }: { url?: string | undefined; allow_private?: boolean | undefined },
  { blame }: Tools,
): boolean {
  if (url === undefined) return true
  if (!URL.canParse(url)) blame([road, 'url'], 'wrong_value', { key: 'url', detail: 'https://host/path' })
  else if (!mayBePrivate && leadsInside(url)) blame([road, 'url'], 'private_address', { url })
  else return true
  return false
}
