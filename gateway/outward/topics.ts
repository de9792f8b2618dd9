/** Where the gateway says what. All is retained, and told with QoS 1. */
export type Topics = Readonly<{
  /** Below which all of it stands. */
  base: string
  /** `online`, or `offline` as its last will. */
  status: string
  availability(device: string): string
  point(device: string, point: string): string
  alarm(id: string): string
  order(id: string): string
}>

export function topicsOf(root: string, site: string): Topics {
  const base = `${root}/${site}`
  return {
    base,
    status: `${base}/status`,
    availability: (device) => `${base}/devices/${device}/availability`,
    point: (device, point) => `${base}/devices/${device}/points/${point}`,
    alarm: (id) => `${base}/alarms/${level(id)}`,
    order: (id) => `${base}/orders/${level(id)}`,
  }
}

export const ONLINE = 'online'
export const OFFLINE = 'offline'

/** An id as one level of a topic. */
function level(id: string): string {
  return id.replaceAll(/[/+#\s]/g, '_')
}
