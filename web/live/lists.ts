import { type Signal, signal } from '@preact/signals'
import type { Connection } from '../api/connection.ts'
import type { Alarm, Notice, Order, Page, Role } from '../api/types.ts'
import { may } from '../roles.ts'

const GATHER_MS = 150
const FAMILIES = ['alarms', 'orders', 'notices'] as const
type Family = (typeof FAMILIES)[number]
/** Told as part of something else. */
const OF: Readonly<Record<string, Family>> = { message: 'notices', task: 'orders' }

/** Null until the gateway has answered; empty where the role may not look. */
export type Lists = Readonly<{
  alarms: Signal<readonly Alarm[] | null>
  orders: Signal<readonly Order[] | null>
  notices: Signal<readonly Notice[] | null>
  /** All that is open, and the latest of what is over. */
  read(role: Role, families?: readonly Family[]): Promise<void>
  /** Many events of one moment are one look. */
  touch(role: Role, eventType: string): void
  forget(): void
}>

export function listsStore(connection: Connection): Lists {
  const lists = {
    alarms: signal<readonly Alarm[] | null>(null),
    orders: signal<readonly Order[] | null>(null),
    notices: signal<readonly Notice[] | null>(null),
  }
  const touched = new Set<Family>()
  let timer: ReturnType<typeof setTimeout> | undefined

  async function both<T extends { id: string }>(path: string, recent: number, more = ''): Promise<readonly T[]> {
    const [open, latest] = await Promise.all([
      connection.get<Page<T>>(`${path}?state=open&limit=200${more}`),
      connection.get<Page<T>>(`${path}?limit=${recent}${more}`),
    ])
    const seen = new Set(latest.items.map(({ id }) => id))
    return [...latest.items, ...open.items.filter(({ id }) => !seen.has(id))]
  }

  async function read(role: Role, families: readonly Family[] = FAMILIES): Promise<void> {
    await Promise.all([
      ...(families.includes('alarms')
        ? [
            may(role, 'readOwnAlarms')
              ? both<Alarm>('/alarms', 60).then((found) => (lists.alarms.value = found))
              : none('alarms'),
          ]
        : []),
      ...(families.includes('orders')
        ? [
            may(role, 'readOwnOrders')
              ? both<Order>('/orders', 60).then((found) => (lists.orders.value = found))
              : none('orders'),
          ]
        : []),
      ...(families.includes('notices')
        ? [
            may(role, 'readNotices')
              ? both<Notice>('/notices', 40, '&ledger=counts').then((found) => (lists.notices.value = found))
              : none('notices'),
          ]
        : []),
    ])
  }

  async function none(family: Family): Promise<void> {
    if (lists[family].peek() === null) lists[family].value = []
  }

  return {
    ...lists,
    read,
    touch(role, eventType) {
      const [kind = ''] = eventType.split('.')
      const family = (OF[kind] ?? `${kind}s`) as Family
      if (!FAMILIES.includes(family)) return
      touched.add(family)
      timer ??= setTimeout(() => {
        timer = undefined
        const families = [...touched]
        touched.clear()
        // A look that fails is made again when the line is back.
        read(role, families).catch(() => {})
      }, GATHER_MS)
    },
    forget() {
      clearTimeout(timer)
      timer = undefined
      for (const family of FAMILIES) lists[family].value = null
    },
  }
}
