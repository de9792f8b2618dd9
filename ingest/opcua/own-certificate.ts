import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

const DAY_MS = 24 * 3_600_000
/** Servers trust the certificate itself: a new one has to be approved at each of them, so it lives long, and warns in time. */
const VALID_MS = 5 * 365 * DAY_MS
/** A server whose clock is behind must not find it too young. */
const BACKDATED_MS = DAY_MS

/** The certificate by which servers know us, and clients our own view. */
export type OwnCertificate = Readonly<{
  /** Stands in the certificate, and must be said in every session (OPC UA Part 6 §6.2.2). */
  applicationUri: string
  certFile: string
  keyFile: string
  der: Buffer
  keyPem: string
  /** SHA-1 in hex, as OPC UA tools show it. */
  thumbprint: string
  /** ms since the epoch. */
  expiresAt: number
}>

/** The one in the data folder; null where there is none, or its key does not fit. Reads files, loads nothing. */
export function readOwnCertificate(folder: string): OwnCertificate | null {
  const [certFile, keyFile] = filesIn(folder)
  if (!existsSync(certFile) || !existsSync(keyFile)) return null
  try {
    const certificate = new X509Certificate(readFileSync(certFile))
    const keyPem = readFileSync(keyFile, 'utf8')
    if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) return null
    return {
      applicationUri: /URI:([^,]+)/.exec(certificate.subjectAltName ?? '')?.[1] ?? '',
      certFile,
      keyFile,
      der: certificate.raw,
      keyPem,
      thumbprint: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
      expiresAt: Date.parse(certificate.validTo),
    }
  } catch {
    return null
  }
}

/** The one in the data folder, made at the first need. An expired one stays: `renew` is for a person to ask for. */
export async function ownCertificate(
  folder: string,
  making: Readonly<{ site: string; now: number; validMs?: number }>,
): Promise<OwnCertificate> {
  return readOwnCertificate(folder) ?? (await makeOwnCertificate(folder, making))
}

/** A new key and certificate. The ones before stay beside them until the next time. */
export async function makeOwnCertificate(
  folder: string,
  { site, now, validMs = VALID_MS }: Readonly<{ site: string; now: number; validMs?: number }>,
): Promise<OwnCertificate> {
  const crypto = await import('node-opcua-crypto')
  const { privateKey } = await crypto.generateKeyPair(2048)
  const { cert } = await crypto.createSelfSignedCertificate({
    privateKey,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + validMs),
    subject: `/CN=Caretaker ${site}/O=Caretaker`,
    dns: [hostname()],
    applicationUri: `urn:caretaker:${site}`,
    purpose: crypto.CertificatePurpose.ForApplication,
  })
  const { privPem } = await crypto.privateKeyToPEM(privateKey)
  const [certFile, keyFile, derFile] = filesIn(folder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const file of [certFile, keyFile]) if (existsSync(file)) renameSync(file, `${file}.before`)
  rmSync(derFile, { force: true })
  replaceFile(keyFile, privPem)
  replaceFile(certFile, cert)
  const made = readOwnCertificate(folder)
  if (!made) throw new Error(`${certFile} cannot be read back`)
  // What the tools of most servers take.
  replaceFile(derFile, made.der)
  return made
}

function filesIn(folder: string): [certFile: string, keyFile: string, derFile: string] {
  return [join(folder, 'own-certificate.pem'), join(folder, 'own-key.pem'), join(folder, 'own-certificate.der')]
}

/** Whole or not at all, and for nobody else to read. */
function replaceFile(file: string, content: string | Buffer): void {
  const half = `${file}.half`
  writeFileSync(half, content, { mode: 0o600, flush: true })
  renameSync(half, file)
}
