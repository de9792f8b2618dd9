import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { Connection } from '../api/connection.ts'
import type { Alarm, Device, Health, Notice, Order, Page, Role, Site, SiteFault } from '../api/types.ts'
import { may } from '../roles.ts'
import { listsStore } from './lists.ts'
import { type SiteClock, siteClock } from './site-clock.ts'
import { openStream } from './stream.ts'
import { type Values, valuesStore } from './values.ts'

export type LineState = 'connecting' | 'live' | 'reconnecting'
export type Happening = Readonly<{ type: string; id: string; who: string }>

/** The estate as it is now: read once, then kept up to date by the live line. Null means "not known yet". */
export type Estate = Readonly<{
  site: ReadonlySignal<Site | null>
  devices: ReadonlySignal<readonly Device[] | null>
  alarms: ReadonlySignal<readonly Alarm[] | null>
  orders: ReadonlySignal<readonly Order[] | null>
  notices: ReadonlySignal<readonly Notice[] | null>
  health: ReadonlySignal<Health | null>
  faults: ReadonlySignal<readonly SiteFault[]>
  values: Values
  clock: SiteClock
  line: ReadonlySignal<LineState>
  /** The latest event that is worth saying aloud. */
  happened: ReadonlySignal<Happening | null>
  isReady: ReadonlySignal<boolean>
  open(role: Role): void
  close(): void
  /** Something was done here: where no live line tells of it, its effect is looked for at once. */
  look(): void
}>

const HEALTH_EVERY_MS = 15_000
/** Who has no live line looks again so often. */
const LOOKED_AT_EVERY_MS = 5_000
const RETRY_MS = 2_000

export function openEstate(connection: Connection, useTimeZone: (zone: string) => void, onRefused: () => void): Estate {
  const site = signal<Site | null>(null)
  const devices = signal<readonly Device[] | null>(null)
  const health = signal<Health | null>(null)
  const faults = signal<readonly SiteFault[]>([])
  const line = signal<LineState>('connecting')
  const happened = signal<Happening | null>(null)
  const lists = listsStore(connection)
  const values = valuesStore()
  const clock = siteClock()
  let stop = () => {}
  let look = () => {}

  async function readSite(role: Role): Promise<void> {
    const [found, page] = await Promise.all([
      connection.get<Site>('/site'),
      may(role, 'readPlant') ? connection.get<Page<Device>>('/devices') : { items: [] },
    ])
    useTimeZone(found.timeZone)
    clock.set(found.now, found.speed)
    values.forget()
    values.takeDevices(page.items)
    devices.value = page.items
    site.value = found
  }

  async function readHealth(role: Role): Promise<void> {
    const [found, wrong] = await Promise.all([
      connection.get<Health>('/health'),
      may(role, 'readGateway') ? connection.getIfThere<Page<SiteFault>>('/faults') : null,
    ])
    clock.set(found.time, site.peek()?.speed ?? 1)
    faults.value = wrong?.items ?? []
    health.value = found
  }

  const readAll = (role: Role) => Promise.all([readSite(role), lists.read(role)]).then(() => readHealth(role))

  function open(role: Role): void {
    close()
    let isOpen = true
    let timer: ReturnType<typeof setTimeout> | undefined
    let end = () => {}
    const fail = () => {
      if (isOpen) line.value = 'reconnecting'
    }
    const follow = () => {
      const stream = openStream(may(role, 'readPlant'), {
        ready(epoch) {
          line.value = 'live'
          // Another epoch is another start of the gateway, perhaps of another site file. In the same one, what happened
          // between the first look and this moment is seen by a second look.
          const isSame = epoch === site.peek()?.epoch
          void (isSame ? lists.read(role).then(() => readHealth(role)) : readAll(role)).catch(fail)
        },
        event(type, data) {
          if (type === 'site.loaded') void readAll(role).catch(fail)
          lists.touch(role, type)
          const id = data[type.split('.')[0]!]
          const who = data.assignee ?? data.by
          if (typeof id === 'string') happened.value = { type, id, who: typeof who === 'string' ? who : '' }
        },
        values: values.take,
        dropped: fail,
        refused: onRefused,
      })
      const pulse = setInterval(() => {
        readHealth(role).catch(() => {
          fail()
          stream.reopen()
        })
      }, HEALTH_EVERY_MS)
      end = () => {
        clearInterval(pulse)
        stream.close()
      }
    }
    /** S30: the live line is for those who see all of it; a contractor's page looks at its own again and again. */
    const lookAgain = () => {
      line.value = 'live'
      look = () =>
        void Promise.all([lists.read(role), readHealth(role)]).then(() => {
          if (isOpen) line.value = 'live'
        }, fail)
      const pulse = setInterval(() => look(), LOOKED_AT_EVERY_MS)
      end = () => clearInterval(pulse)
    }
    const start = () => {
      readAll(role).then(
        () => isOpen && (may(role, 'readOrders') ? follow() : lookAgain()),
        () => {
          fail()
          if (isOpen) timer = setTimeout(start, RETRY_MS)
        },
      )
    }
    stop = () => {
      isOpen = false
      clearTimeout(timer)
      end()
    }
    start()
  }

  function close(): void {
    stop()
    stop = look = () => {}
    lists.forget()
    values.forget()
    site.value = devices.value = health.value = null
    faults.value = []
    line.value = 'connecting'
  }

  return {
    site,
    devices,
    alarms: lists.alarms,
    orders: lists.orders,
    notices: lists.notices,
    health,
    faults,
    values,
    clock,
    line,
    happened,
    isReady: computed(() => health.value !== null && site.value !== null && lists.notices.value !== null),
    open,
    close,
    look: () => look(),
  }
}
