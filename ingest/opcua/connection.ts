/** Security policies that are not broken (OPC UA Part 7); the older ones are not offered. */
export const POLICIES = ['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const
export const MODES = ['SignAndEncrypt', 'Sign', 'None'] as const

/** Who we are to the server. Secrets stand here resolved. */
export type Identity = Readonly<
  | { kind: 'anonymous' }
  | { kind: 'user'; user: string; secret: string }
  | { kind: 'certificate'; certFile: string; keyFile: string }
>

/** One server. `publishingMs` is how often it may send what has changed; `timeoutMs` is real time. */
export type OpcUaConnection = Readonly<{
  id: string
  protocol: 'opc-ua'
  endpoint: string
  mode: (typeof MODES)[number]
  policy: (typeof POLICIES)[number] | 'None'
  identity: Identity
  publishingMs: number
  timeoutMs: number
}>
