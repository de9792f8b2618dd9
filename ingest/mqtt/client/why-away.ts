/** Why a broker is not there; sentences stand in `texts/`. */
export const AWAY = [
  'refused',
  'unreachable',
  'certificate',
  'file',
  'credentials',
  'not_authorized',
  'client_id',
  'version',
  'taken_over',
  'busy',
  'not_taken',
  'not_confirmed',
  'ended',
] as const
export type Away = (typeof AWAY)[number]

/** A broker that neither answers nor refuses, or one that does not confirm. */
export class BrokerSilence extends Error {
  readonly why: Away
  constructor(why: Away, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.name = 'BrokerSilence'
    this.why = why
  }
}

/** Return codes of MQTT 3.1.1 (§3.2.2.3), reason codes of MQTT 5 (§2.4). */
const CODES: ReadonlyMap<unknown, Away> = new Map<unknown, Away>([
  [1, 'version'],
  [2, 'client_id'],
  [3, 'busy'],
  [4, 'credentials'],
  [5, 'not_authorized'],
  [132, 'version'],
  [133, 'client_id'],
  [134, 'credentials'],
  [135, 'not_authorized'],
  [136, 'busy'],
  [137, 'busy'],
  [138, 'not_authorized'],
  [142, 'taken_over'],
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'unreachable'],
  ['EAI_AGAIN', 'unreachable'],
  ['ETIMEDOUT', 'unreachable'],
  ['ENOENT', 'file'],
  ['EACCES', 'file'],
])
/** What OpenSSL says of a certificate that is not believed. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/

export function whyAway(error: unknown): Away {
  if (error instanceof BrokerSilence) return error.why
  const { code } = error as { code?: unknown }
  const known = CODES.get(code)
  if (known) return known
  return typeof code === 'string' && CERTIFICATE.test(code) ? 'certificate' : 'ended'
}
