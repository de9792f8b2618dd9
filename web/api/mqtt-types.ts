/** How it is with MQTT: brokers of others, the sessions of the gateway's own, and what waits to go out. */
export type MqttHealth = Readonly<{
  brokers: readonly Readonly<{
    id: string
    url: string
    state: 'connected' | 'connecting' | 'away' | 'stopped'
    since: string
    failures: number
    lastError: Readonly<{ at: string; why: string; detail: string }> | null
    refusedFilters: readonly string[]
  }>[]
  sessions: Readonly<{ sessions: number; waiting: number; givenUp: number }> | null
  outward: readonly Readonly<{
    target: string
    waiting: number
    behind: number
    sent: number
    givenUp: number
    lastSentAt: string | null
  }>[]
}>
