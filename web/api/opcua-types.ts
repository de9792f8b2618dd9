import type { Value } from './types.ts'

export type ServerCertificate = Readonly<{
  thumbprint: string
  subject: string
  issuer: string
  validFrom: string
  expiresAt: string
}>
export type OpcUaServer = Readonly<{
  id: string
  endpoint: string
  mode: string
  policy: string
  identity: string
  state: 'idle' | 'up' | 'down'
  since: string | null
  trouble: Readonly<{ code: string; detail: string; verdict?: string }> | null
  sessions: number
  publishingMs: number | null
  items: number
  refused: readonly Readonly<{ device: string; point: string; nodeId: string }>[]
  withoutDeadband: readonly Readonly<{ device: string; point: string }>[]
  approved: ServerCertificate | null
  evenExpired: boolean
  parked: ServerCertificate | null
}>
export type OpcUaServers = Readonly<{
  now: string
  own: Readonly<{ thumbprint: string; expiresAt: string; applicationUri: string }> | null
  items: readonly OpcUaServer[]
}>
export type OpcUaNode = Readonly<{
  nodeId: string
  name: string
  kind: 'object' | 'variable' | 'method' | 'other'
  value?: Value | null
  type?: string
  status?: string
  isWritable?: boolean
}>
export type OpcUaNodes = Readonly<{ items: readonly OpcUaNode[]; next: number | null }>
