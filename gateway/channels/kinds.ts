import type { ChannelConfig } from '../site/schema.ts'
import type { Channel } from './channel.ts'
import { botChannel } from './bots.ts'
import { screenChannel } from './screen.ts'
import { webhookChannel } from './webhook.ts'

/** One line per kind of channel. */
const KINDS: {
  [K in ChannelConfig['type']]: (config: Extract<ChannelConfig, { type: K }>, wallNow: () => number) => Channel
} = {
  screen: screenChannel,
  webhook: webhookChannel,
  'wecom-bot': botChannel,
  'dingtalk-bot': botChannel,
  'feishu-bot': botChannel,
}

export function channelOf(config: ChannelConfig, wallNow: () => number): Channel {
  const make = KINDS[config.type] as (config: ChannelConfig, wallNow: () => number) => Channel
  return make(config, wallNow)
}
