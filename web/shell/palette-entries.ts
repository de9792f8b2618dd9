import type { Alarm, Asset, Order, Role } from '../api/types.ts'
import type { IconName } from '../parts/icon.tsx'
import { may, screensOf } from '../roles.ts'
import type { Words } from '../words/words.ts'
import { SCREEN_ICONS } from './navigation.tsx'

export type Entry = Readonly<{ href: string; icon: IconName; text: string; more: string }>

export type Searchable = Readonly<{
  role: Role
  assets: readonly Asset[]
  alarms: readonly Alarm[]
  orders: readonly Order[]
}>

const SHOWN = 30

/** Where one can go from the palette: what is open first, then screens, then everything that has a name. */
export function entriesOf({ role, assets, alarms, orders }: Searchable, words: Words): Entry[] {
  const screens = screensOf(role)
  return [
    ...screens.map((name) => ({
      href: `/${name}`,
      icon: SCREEN_ICONS[name],
      text: words.say(`web.screen.${name}`),
      more: '',
    })),
    ...(may(role, 'manageUsers')
      ? [{ href: '/users', icon: 'users' as const, text: words.say('web.users'), more: '' }]
      : []),
    ...alarms
      .filter(({ state }) => state !== 'normal')
      .map((alarm) => ({
        href: `/alarms/${alarm.id}`,
        icon: 'bell' as const,
        text: words.of(alarm.name),
        more: `${words.of(alarm.assetName)} · ${alarm.id}`,
      })),
    ...orders
      .filter(({ state }) => state !== 'closed')
      .map((order) => ({
        href: `/orders/${order.id}`,
        icon: 'clipboard-list' as const,
        text: words.of(order.name),
        more: `${words.of(order.assetName)} · ${order.id}${order.assignee ? ` · ${order.assignee}` : ''}`,
      })),
    ...(screens.includes('overview')
      ? assets.map(({ id, name }) => ({
          href: `/assets/${id}`,
          icon: 'gauge' as const,
          text: words.of(name),
          more: id,
        }))
      : []),
  ]
}

/** Every word that was typed stands somewhere in the entry; entries that begin with it come first. */
export function search(entries: readonly Entry[], typed: string): Entry[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const found = entries.filter(({ text, more }) => {
    const all = `${text} ${more}`.toLowerCase()
    return wanted.every((word) => all.includes(word))
  })
  const first = wanted[0] ?? ''
  const rank = ({ text, more }: Entry) =>
    text.toLowerCase().startsWith(first) || more.toLowerCase().startsWith(first) ? 0 : 1
  return found.toSorted((a, b) => rank(a) - rank(b)).slice(0, SHOWN)
}
