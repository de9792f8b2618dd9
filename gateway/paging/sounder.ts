import { deliveryByStatus, post, type Resolve, resolveName } from '../channels/post.ts'
import type { StaffRoad } from './road.ts'

export type SounderConfig = Readonly<{ on: string; off: string; method?: 'GET' | 'POST' | undefined }>

/**
 * Horn and light of the monitoring room: a relay or a small box in the local network that is switched by one request. It
 * works without the internet. To switch it twice is to switch it once, so a lost answer is simply asked again.
 */
export function sounderRoad({ on, off, method = 'POST' }: SounderConfig, resolve: Resolve = resolveName): StaffRoad {
  const headers = { 'content-type': 'application/json' }
  const switched = async (url: string, body: object, signal: AbortSignal) => {
    const letter = { url, headers, body: method === 'GET' ? '' : JSON.stringify(body), method }
    const delivery = await post(letter, { mayBePrivate: true, resolve, signal }, deliveryByStatus)
    return delivery.outcome === 'unknown' ? ({ outcome: 'retry', reason: delivery.reason } as const) : delivery
  }
  return {
    road: 'sounder',
    reaches: () => true,
    send: ({ id, subject, class: ofClass }, signal) => switched(on, { on: true, id, subject, class: ofClass }, signal),
    silence: (signal) => switched(off, { on: false }, signal),
  }
}
