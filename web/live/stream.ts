import type { PointValue } from '../api/types.ts'

const EVENTS = [
  ...['raised', 'reoccurred', 'severity_changed', 'announced', 'silenced', 'unsilenced'].map((verb) => `alarm.${verb}`),
  ...['acknowledged', 'commented', 'cleared', 'reset', 'closed'].map((verb) => `alarm.${verb}`),
  ...['shelved', 'unshelved', 'bad_actor', 'flood_began', 'flood_ended'].map((verb) => `alarm.${verb}`),
  ...['opened', 'rerooted', 'closed'].map((verb) => `incident.${verb}`),
  ...['removed', 'returned'].map((verb) => `service.${verb}`),
  ...['planned', 'began', 'extended', 'overran', 'ended'].map((verb) => `maintenance.${verb}`),
  ...[
    'opened',
    'joined',
    'dispatched',
    'declined',
    'transferred',
    'accepted',
    'departed',
    'ticked',
    'photo_added',
    'reported',
    'merged',
    'false_alarm',
    'cancelled',
    'called_back',
    'rated',
    'arrived',
    'started',
    'paused',
    'resumed',
    'updated',
    'finished',
    'verified',
    'unverified',
    'reopened',
    'escalated',
    'silent',
    'closed',
  ].map((verb) => `order.${verb}`),
  ...[
    'drafted',
    'joined',
    'published',
    'confirmed',
    'extended',
    'rejected',
    'identified',
    'updated',
    'eta_passed',
    'monitoring',
    'restored',
    'resumed',
    'all_clear',
    'withdrawn',
    'scheduled',
    'reminded',
    'rescheduled',
    'merged',
    'cancelled',
    'began',
    'asked',
    'overran',
    'prolonged',
    'measured',
    'verifying',
    'completed',
  ].map((verb) => `notice.${verb}`),
  ...['opened', 'called', 'dialled', 'accepted', 'contacted', 'arrived', 'missed', 'ended'].map(
    (verb) => `task.${verb}`,
  ),
  'message.settled',
  'site.loaded',
] as const
const RETRY_MS = 2_000

export type StreamListener = Readonly<{
  /** The line is open; `epoch` is of this start of the gateway. */
  ready(epoch: string): void
  event(type: string, data: Readonly<Record<string, unknown>>): void
  values(items: readonly PointValue[]): void
  dropped(): void
  /** The gateway answered, and said no. */
  refused(): void
}>

/**
 * The one live connection. The browser itself comes back after a drop and says what it saw last; where the gateway
 * refused it (busy, restarted), a new one goes on from the same place.
 */
export function openStream(values: boolean, listener: StreamListener): Readonly<{ reopen(): void; close(): void }> {
  let source: EventSource | null = null
  let lastId = ''
  let timer: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    const query = new URLSearchParams({
      ...(values ? { values: '*' } : {}),
      ...(lastId === '' ? {} : { after: lastId }),
    })
    const made = new EventSource(`/api/v1/events?${query}`)
    source = made
    const on = (type: string, take: (data: never) => void) =>
      made.addEventListener(type, (event: MessageEvent<string>) => {
        if (event.lastEventId !== '') lastId = event.lastEventId
        take(JSON.parse(event.data) as never)
      })
    on('ready', ({ epoch }: { epoch: string }) => listener.ready(epoch))
    on('values', ({ items }: { items: PointValue[] }) => listener.values(items))
    for (const type of EVENTS) on(type, (data: Record<string, unknown>) => listener.event(type, data))
    made.addEventListener('error', () => {
      listener.dropped()
      if (made.readyState !== EventSource.CLOSED) return
      listener.refused()
      timer = setTimeout(reopen, RETRY_MS)
    })
  }

  function close(): void {
    clearTimeout(timer)
    source?.close()
  }

  function reopen(): void {
    close()
    open()
  }

  open()
  return { reopen, close }
}
