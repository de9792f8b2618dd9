import type { Network } from '../network.ts'

export const PROTOCOLS = ['3.1.1', '5'] as const

/** A broker of somebody else, and how the gateway signs in to it. Files are paths that can be opened. */
export type BrokerConnection = Readonly<{
  id: string
  host: string
  port: number
  /** Null: plain TCP. */
  tls: Readonly<{ caFile?: string; certFile?: string; keyFile?: string }> | null
  protocol: (typeof PROTOCOLS)[number]
  clientId: string
  username?: string
  secret?: string
  /** Several gateways that read one stream share it: each message comes to one of them. */
  shareGroup?: string
  /** What publishes there, beside the topics of the devices that name it. */
  networks: readonly Network[]
}>
