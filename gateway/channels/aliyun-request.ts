import { createHash, createHmac } from 'node:crypto'
import type { Letter } from './post.ts'

export type AliyunKey = Readonly<{ keyId: string; keySecret: string }>
type Call = Readonly<{ host: string; action: string; version: string; params: Readonly<Record<string, string>> }>

/**
 * A call of an Aliyun API of the RPC kind, signed by ACS3-HMAC-SHA256: parameters in the address, nothing in the body.
 * `nonce` is used once; `wallNow` may be 15 min off at most. `url` stands for the host where a proxy does.
 */
export function aliyunRequest(
  { host, action, version, params }: Call,
  { keyId, keySecret }: AliyunKey,
  { nonce, wallNow, url = `https://${host}` }: Readonly<{ nonce: string; wallNow: number; url?: string }>,
): Letter {
  const query = Object.entries(params)
    .map(([key, value]) => `${encoded(key)}=${encoded(value)}`)
    .toSorted()
    .join('&')
  const headers: Record<string, string> = {
    host,
    'x-acs-action': action,
    'x-acs-content-sha256': sha256(''),
    'x-acs-date': new Date(wallNow).toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': nonce,
    'x-acs-version': version,
  }
  const names = Object.keys(headers).toSorted()
  const canonical = [
    'POST',
    '/',
    query,
    names.map((name) => `${name}:${headers[name]}\n`).join(''),
    names.join(';'),
    sha256(''),
  ].join('\n')
  const signature = createHmac('sha256', keySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex')
  const authorization = `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=${names.join(';')},Signature=${signature}`
  return { url: `${url}/?${query}`, headers: { ...headers, authorization }, body: '' }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** RFC 3986, which is stricter than the language's own. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
