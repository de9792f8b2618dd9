import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import Type, { type Static } from 'typebox'
import { wordOf } from './aliyun-sms.ts'
import type { Delivery } from './channel.ts'
import type { ConfigOf } from './schema.ts'

/** What the provider says of one message, told by the ids of both sides. */
export type Receipt = Readonly<{ id: string; ref: string; delivery: Delivery }>

/** `SmsReport` as it is pushed: many at once. What else stands in an entry, a number above all, is not looked at. */
export const SmsReport = Type.Array(
  Type.Object({
    success: Type.Boolean(),
    biz_id: Type.String({ maxLength: 128 }),
    out_id: Type.Optional(Type.String({ maxLength: 256 })),
    err_code: Type.Optional(Type.String({ maxLength: 128 })),
  }),
  { maxItems: 1_000 },
)

export function receiptsIn(report: Static<typeof SmsReport>): Receipt[] {
  return report.flatMap(({ success, biz_id: ref, out_id: id, err_code: code }) =>
    id === undefined
      ? []
      : [{ id, ref, delivery: success ? { outcome: 'delivered' } : { outcome: 'failed', reason: wordOf(code) } }],
  )
}

/** Whether a receipt may be believed: it knows the token, and comes from where the site file says. */
export function isFromProvider(
  { receipts }: ConfigOf<'aliyun-sms'>,
  { token, address }: Readonly<{ token: string; address: string }>,
): boolean {
  if (!receipts) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(token), digest(receipts.token)) && isAmong(address, receipts.from)
}

function isAmong(address: string, networks: readonly string[] | undefined): boolean {
  if (networks === undefined) return true
  const list = new BlockList()
  for (const network of networks) {
    const [net = '', bits] = network.split('/')
    const family = isIP(net) === 6 ? 'ipv6' : 'ipv4'
    if (isIP(net) !== 0) list.addSubnet(net, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  const plain = address.replace(/^::ffff:/, '')
  return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
}
