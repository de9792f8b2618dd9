import { aliyunSms } from './aliyun-sms.ts'
import { botChannel } from './bots.ts'
import type { Channel } from './channel.ts'
import { email } from './email.ts'
import { httpSms } from './http-sms.ts'
import type { ChannelPorts } from './ports.ts'
import type { ChannelConfig, ConfigOf } from './schema.ts'
import { screenChannel } from './screen.ts'
import { webPush } from './web-push.ts'
import { webhookChannel } from './webhook.ts'

/** One line per kind of channel. */
const KINDS: { [K in ChannelConfig['type']]: (config: ConfigOf<K>, ports: ChannelPorts) => Channel } = {
  screen: screenChannel,
  webhook: (config, { wallNow, resolve }) => webhookChannel(config, wallNow, resolve),
  'wecom-bot': (config, { wallNow, resolve }) => botChannel(config, wallNow, resolve),
  'dingtalk-bot': (config, { wallNow, resolve }) => botChannel(config, wallNow, resolve),
  'feishu-bot': (config, { wallNow, resolve }) => botChannel(config, wallNow, resolve),
  'aliyun-sms': aliyunSms,
  'http-sms': httpSms,
  email,
  'web-push': webPush,
}

export function channelOf(config: ChannelConfig, ports: ChannelPorts): Channel {
  const make = KINDS[config.type] as (config: ChannelConfig, ports: ChannelPorts) => Channel
  return make(config, ports)
}
