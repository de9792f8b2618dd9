import { Temporal } from 'temporal-polyfill'
import type { Channel, Delivery, Message } from './channel.ts'
import { aliyunRequest } from './aliyun-request.ts'
import type { ChannelPorts } from './ports.ts'
import { type Answer, deliveryByStatus, post } from './post.ts'
import type { ConfigOf } from './schema.ts'
import { filled, smsParts, templateFor, valuesFor } from './sms-text.ts'

const HOST = 'https://dysmsapi.aliyuncs.com'
const VERSION = '2017-05-25'
const MINUTE = 60_000
/** Notices to one number by one template, as the provider counts them. */
const DAILY = { most: 50, windowMs: 24 * 60 * MINUTE } as const

/** Later it may work. `isForAll`: it is the account's trouble, and no other message would fare better. */
const LATER: Readonly<Record<string, { afterMs: number; isForAll: boolean }>> = {
  // This number had too many within a minute, an hour or a day.
  'isv.BUSINESS_LIMIT_CONTROL': { afterMs: 10 * MINUTE, isForAll: false },
  'isv.DAY_LIMIT_CONTROL': { afterMs: 60 * MINUTE, isForAll: true },
  'isv.MONTH_LIMIT_CONTROL': { afterMs: 60 * MINUTE, isForAll: true },
  'isv.AMOUNT_NOT_ENOUGH': { afterMs: 5 * MINUTE, isForAll: true },
  'isv.OUT_OF_SERVICE': { afterMs: 5 * MINUTE, isForAll: true },
  'isv.ACCOUNT_ABNORMAL': { afterMs: 5 * MINUTE, isForAll: true },
  'isp.SYSTEM_ERROR': { afterMs: 5_000, isForAll: false },
  'isp.RAM_PERMISSION_DENY': { afterMs: 5 * MINUTE, isForAll: true },
  'InvalidAccessKeyId.NotFound': { afterMs: 5 * MINUTE, isForAll: true },
  'InvalidAccessKeyId.Inactive': { afterMs: 5 * MINUTE, isForAll: true },
  SignatureDoesNotMatch: { afterMs: 5 * MINUTE, isForAll: true },
  'InvalidTimeStamp.Expired': { afterMs: 5 * MINUTE, isForAll: true },
  ServiceUnavailable: { afterMs: 5_000, isForAll: true },
  InternalError: { afterMs: 5_000, isForAll: false },
}
const THROTTLED = { afterMs: 30_000, isForAll: true } as const

type Config = ConfigOf<'aliyun-sms'>
type Body = Readonly<{ Code?: unknown; Message?: unknown; BizId?: unknown; SmsSendDetailDTOs?: unknown }>

/**
 * Aliyun SMS (SendSms, QuerySendDetails of 2017-05-25). Success is `Code: OK` in the body, whatever the status, and means
 * accepted: delivered only a receipt says.
 */
export function aliyunSms(config: Config, { wallNow, random, resolve, keyed }: ChannelPorts): Channel {
  const { id, templates, sign_name: signName, allow_private: mayBePrivate = false } = config
  const base = config.url ?? HOST
  const road = { mayBePrivate, resolve, wantsText: true }

  const letterOf = (action: string, params: Record<string, string>) => {
    const key = { keyId: config.access_key_id, keySecret: config.access_key_secret }
    const once = { nonce: random.token(), wallNow: wallNow(), url: base }
    return aliyunRequest({ host: new URL(base).host, action, version: VERSION, params }, key, once)
  }

  return {
    id,
    reach: 'person',
    account: `aliyun-sms:${keyed(config.access_key_id)}`,
    limit: { most: config.per_minute ?? 600, windowMs: MINUTE },
    inFlight: 8,
    allowance(message) {
      const template = templateFor(templates, message)
      return template ? { account: `sms:${keyed(`${message.to} ${template.code}`)}`, limit: DAILY } : null
    },
    parts(message) {
      const template = templateFor(templates, message)
      return template && smsParts(signName, filled(template, valuesFor(template, message)))
    },
    async send(message, signal) {
      const template = templateFor(templates, message)
      if (!template) return { outcome: 'failed', reason: 'no_template' }
      const number = numberOf(message)
      if (number === null) return { outcome: 'failed', reason: 'bad_number' }
      const letter = letterOf('SendSms', {
        PhoneNumbers: number,
        SignName: signName,
        TemplateCode: template.code,
        TemplateParam: JSON.stringify(valuesFor(template, message)),
        // Comes back with the receipt.
        OutId: message.id,
      })
      return post(letter, { ...road, signal }, sentBy)
    },
    async receiptOf({ to, ref, at }, signal) {
      const number = numberOf({ to })
      if (number === null) return null
      const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO('Asia/Shanghai').toPlainDate()
      const letter = letterOf('QuerySendDetails', {
        PhoneNumber: number,
        BizId: ref,
        SendDate: day.toString().replaceAll('-', ''),
        PageSize: '10',
        CurrentPage: '1',
      })
      const answer = await post(letter, { ...road, signal }, receiptIn)
      return answer === null || answer.outcome === 'retry' || answer.outcome === 'unknown' ? null : answer
    },
  }
}

/** Digits only, of the mainland without its prefix: as the provider wants them. */
function numberOf({ to = '' }: Pick<Message, 'to'>): string | null {
  const digits = to.replace(/[\s()-]/g, '').replace(/^(?:\+|00)/, '')
  if (!/^\d{6,15}$/.test(digits)) return null
  return /^86\d{11}$/.test(digits) ? digits.slice(2) : digits
}

function sentBy(answer: Answer): Delivery {
  const body = bodyOf(answer)
  const code = body?.Code
  // A portal, or a body cut short: nobody knows whether it went out.
  if (typeof code !== 'string')
    return answer.status >= 300 ? deliveryByStatus(answer) : { outcome: 'unknown', reason: 'unreadable_answer' }
  const said = `${code}: ${typeof body?.Message === 'string' ? body.Message : ''}`.slice(0, 300)
  if (code === 'OK')
    return { outcome: 'accepted', said, ...(typeof body?.BizId === 'string' ? { ref: body.BizId } : {}) }
  const later = LATER[code] ?? (code.startsWith('Throttling') ? THROTTLED : null)
  return later ? { outcome: 'retry', reason: code, said, ...later } : { outcome: 'failed', reason: code, said }
}

/** `SendStatus`: 1 on its way, 2 failed, 3 delivered. */
function receiptIn(answer: Answer): Delivery | null {
  const details = (bodyOf(answer)?.SmsSendDetailDTOs as { SmsSendDetailDTO?: unknown } | undefined)?.SmsSendDetailDTO
  const [detail] = (Array.isArray(details) ? details : []) as { SendStatus?: unknown; ErrCode?: unknown }[]
  if (detail?.SendStatus === 3) return { outcome: 'delivered' }
  return detail?.SendStatus === 2 ? { outcome: 'failed', reason: wordOf(detail.ErrCode) } : null
}

export function wordOf(code: unknown): string {
  return typeof code === 'string' && /^[\w.:-]{1,64}$/.test(code) ? code : 'not_delivered'
}

function bodyOf({ text }: Answer): Body | null {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' ? body : null
  } catch {
    return null
  }
}
