import type { ChannelPorts } from '#gateway/channels/ports.ts'
import type { Message } from '#gateway/channels/channel.ts'
import { resolveName } from '#gateway/channels/post.ts'

/** Monday 5 January 2026, 17:00 in Shanghai. */
export const NOW = Date.UTC(2026, 0, 5, 9)

export function portsOf(more: Partial<ChannelPorts> = {}): ChannelPorts {
  let nonces = 0
  const none = () => {
    throw new Error('not asked for here')
  }
  return {
    wallNow: () => NOW,
    random: { next: () => 0.5, token: () => `nonce-${++nonces}` },
    resolve: resolveName,
    keyed: (text) => `<${text}>`,
    push: none,
    pushKeys: none,
    ...more,
  }
}

export const MESSAGE: Message = {
  id: 'N1-7-sms',
  site: 'lakeside',
  notice: 'N1',
  kind: 'water-off',
  phase: 'published',
  homes: ['B1-0101'],
  alarmIds: ['A1'],
  at: '2026-01-05T09:00:00Z',
  trace: 't',
  texts: {
    'zh-CN': { title: '停水', body: '高区泵组：17:00 起停水。' },
    en: { title: 'No water', body: 'High-zone pumps <b>since 17:00</b>.' },
  },
  values: { site: '湖畔花园', asset: '高区泵组', from: '17:00', next: '18:00', until: '17:00' },
  to: '+86 139 0000 1234',
}
