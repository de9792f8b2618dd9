import type { Verdict } from './server-trust.ts'

/**
 * Why there is no session. `certificate`: the server's is not trusted, `verdict` says why. `own_certificate`: the server
 * does not trust ours. `identity`: it does not let this user in. `endpoint`: it does not offer this security.
 */
export type TroubleCode =
  | 'unreachable'
  | 'no_answer'
  | 'certificate'
  | 'own_certificate'
  | 'identity'
  | 'endpoint'
  | 'lost'
  | 'other'
export type Trouble = Readonly<{ code: TroubleCode; detail: string; verdict?: Verdict }>

const SIGNS: readonly (readonly [TroubleCode, RegExp])[] = [
  [
    'identity',
    /BadIdentityToken|BadUserAccessDenied|BadUserSignature|Cannot find .*(user|identity) ?token|BadIdentityChangeNotSupported/i,
  ],
  ['own_certificate', /BadSecurityChecksFailed|BadCertificate(?!Untrusted \(client)|rejected by server/i],
  [
    'endpoint',
    /Cannot find an Endpoint|End point must exist|cannot find endpoint|BadSecurityPolicyRejected|BadSecurityModeRejected/i,
  ],
  [
    'unreachable',
    /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|cannot be established|BadConnectionRejected/i,
  ],
  ['no_answer', /ETIMEDOUT|timed? ?out|BadTimeout/i],
  // What it says when nobody listens there, or somebody who speaks something else.
  ['unreachable', /Fail to connect to server/i],
]

/** A failure as the library says it → what a person can do something about. */
export function troubleOf(error: unknown, verdict: Verdict | null): Trouble {
  const text = error instanceof Error ? error.message : String(error)
  const detail = text.split('\n')[0]!.trim().slice(0, 200)
  if (verdict !== null && verdict !== 'trusted') return { code: 'certificate', detail: verdict, verdict }
  const code = SIGNS.find(([, sign]) => sign.test(text))?.[0] ?? 'other'
  return { code, detail }
}
