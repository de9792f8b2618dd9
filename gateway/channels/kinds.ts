import type { ChannelConfig } from '../site/schema.ts'
import type { Channel } from './channel.ts'
import { screenChannel } from './screen.ts'
import { webhookChannel } from './webhook.ts'

/** One line per kind of channel. */
const KINDS: { [K in ChannelConfig['type']]: (config: Extract<ChannelConfig, { type: K }>) => Channel } = {
  screen: screenChannel,
  webhook: webhookChannel,
}

export function channelOf(config: ChannelConfig): Channel {
  return (KINDS[config.type] as (config: ChannelConfig) => Channel)(config)
}
