import type { Connection } from '../api/connection.ts'
import type { Language } from '../api/types.ts'

/** Of this browser: it cannot, it may not, it is told, it is not. */
export type PushState = 'unsupported' | 'denied' | 'on' | 'off'

type Wish = Readonly<{
  connection: Pick<Connection, 'get' | 'send'>
  language: Language
  /** Of the page of a home; without it somebody who reads all notices asks. */
  token?: string
}>

export async function pushState(): Promise<PushState> {
  if (!('serviceWorker' in navigator && 'PushManager' in window)) return 'unsupported'
  if (Notification.permission === 'denied') return 'denied'
  const worker = await navigator.serviceWorker.getRegistration('/')
  return (await worker?.pushManager.getSubscription()) ? 'on' : 'off'
}

/** Asks the reader, then the browser, then the gateway. Called from a click: browsers ask nobody unasked. */
export async function subscribe({ connection, language, token }: Wish): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return 'denied'
  const { publicKey } = await connection.get<{ publicKey: string }>('/push')
  await navigator.serviceWorker.register('/push-worker.js', { scope: '/' })
  const { pushManager } = await navigator.serviceWorker.ready
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
  const { endpoint, keys } = subscription.toJSON()
  await connection.send('POST', '/push/subscriptions', {
    endpoint,
    keys: { p256dh: keys?.['p256dh'], auth: keys?.['auth'] },
    language,
    ...(token === undefined ? {} : { token }),
  })
  return 'on'
}

export async function unsubscribe({ connection }: Pick<Wish, 'connection'>): Promise<PushState> {
  const worker = await navigator.serviceWorker.getRegistration('/')
  const subscription = await worker?.pushManager.getSubscription()
  if (!subscription) return 'off'
  await connection.send('POST', '/push/unsubscribe', { endpoint: subscription.endpoint })
  await subscription.unsubscribe()
  return 'off'
}
