import type {
  ClientSession as SomeSession,
  ClientSessionPublishService,
  ClientSessionRawSubscriptionService,
  DataValue,
  OPCUAClientOptions,
} from 'node-opcua'

export type OpcUa = typeof import('node-opcua')
/** A session with the services as the protocol has them, beside those that the library makes of them. */
export type ClientSession = SomeSession & ClientSessionRawSubscriptionService & ClientSessionPublishService
export type { DataValue }

/** Half a second and some 90 MB: only a site that uses OPC UA pays for it. */
export async function loadOpcUa(): Promise<OpcUa> {
  const opcua = await import('node-opcua')
  // It prints what goes wrong on a wire, certificates included; what matters of it is told by us.
  const nothing = () => {}
  opcua.setDebugLogger(nothing)
  opcua.setWarningLogger(nothing)
  opcua.setErrorLogger(nothing)
  return opcua
}

type CertificateStore = Extract<
  NonNullable<OPCUAClientOptions['clientCertificateManager']>,
  { getTrustStatus(certificate: never): Promise<unknown> }
>

/** What the library asks before it believes a server; its own store of certificates is not used, and trusts nobody for us. */
export function certificateDoor(
  { StatusCodes }: OpcUa,
  isTrusted: (chain: Uint8Array) => boolean,
): NonNullable<OPCUAClientOptions['clientCertificateManager']> {
  const bytesOf = (certificate: Buffer | Buffer[]) =>
    Array.isArray(certificate) ? Buffer.concat(certificate) : certificate
  const check = async (certificate: Buffer | Buffer[]) =>
    isTrusted(bytesOf(certificate)) ? StatusCodes.Good : StatusCodes.BadCertificateUntrusted
  const done = async () => {}
  return {
    referenceCounter: 0,
    initialize: done,
    dispose: done,
    checkCertificate: check,
    getTrustStatus: check,
    // Asked of our own certificate only, which is in no list of trust.
    verifyCertificate: async () => 'BadCertificateUntrusted',
    trustCertificate: done,
    rejectCertificate: done,
    addIssuer: done,
    addRevocationList: done,
  } as CertificateStore
}
