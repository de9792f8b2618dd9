/** Whom the gateway believes, and by what it is known itself. People by the id of their account; `console`: at the box. */
export type OpcUaEvents = {
  'opcua.server_approved': { account: string; connection: string; thumbprint: string; evenExpired: boolean }
  'opcua.server_revoked': { account: string; connection: string }
  'opcua.certificate_made': { account: string; thumbprint: string; expiresAt: number }
}
