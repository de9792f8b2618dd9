import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '#devices/fault.ts'

/** What a certificate says of itself. Times are ms since the epoch. */
export type ServerCertificate = Readonly<{
  /** SHA-1 in hex, as OPC UA tools show it. */
  thumbprint: string
  sha256: string
  subject: string
  issuer: string
  validFrom: number
  expiresAt: number
}>

/** `unknown`: nobody has approved one for this connection. `changed`: another one was approved. */
export type Verdict = 'trusted' | 'unknown' | 'changed' | 'expired' | 'not_yet_valid' | 'unreadable'

/**
 * Whom we believe to be which server. A person has approved exactly this certificate for exactly this connection; all
 * others are parked and refused, whoever signed them (S28). Stands in files, read anew at every look: what is approved
 * takes effect with the next attempt to connect.
 */
export type ServerTrust = Readonly<{
  of(connection: string): Readonly<{
    approved: ServerCertificate | null
    /** Approved although it had expired. */
    evenExpired: boolean
    /** The newest that was refused. */
    parked: ServerCertificate | null
  }>
  /** `chain` as a server sends it, its own certificate first. What is not trusted is parked. */
  judge(connection: string, chain: Uint8Array, now: number): Verdict
  /** The parked one; the thumbprint says that a person has compared it. Throws `certificate_not_waiting`, `certificate_expired`. */
  approve(
    connection: string,
    thumbprint: string,
    options: Readonly<{ evenExpired: boolean; now: number }>,
  ): ServerCertificate
  /** Believed no more from the next connection on. False when none was. */
  revoke(connection: string): boolean
}>

const LARGEST_BYTES = 16_384

export function serverTrust(folder: string): ServerTrust {
  const place = (connection: string) => join(folder, 'servers', connection)
  const fileOf = (connection: string, name: 'approved.der' | 'approved-expired.der' | 'parked.der') =>
    join(place(connection), name)
  const approvedOf = (connection: string) => {
    const usual = readCertificate(fileOf(connection, 'approved.der'))
    const expired = usual ? null : readCertificate(fileOf(connection, 'approved-expired.der'))
    return { approved: usual ?? expired, evenExpired: expired !== null }
  }

  function judge(connection: string, certificate: X509Certificate | null, now: number): Verdict {
    if (!certificate) return 'unreadable'
    const { approved, evenExpired } = approvedOf(connection)
    if (approved === null) return 'unknown'
    if (!approved.raw.equals(certificate.raw)) return 'changed'
    if (Date.parse(certificate.validFrom) > now) return 'not_yet_valid'
    return Date.parse(certificate.validTo) <= now && !evenExpired ? 'expired' : 'trusted'
  }

  return {
    of(connection) {
      const { approved, evenExpired } = approvedOf(connection)
      const parked = readCertificate(fileOf(connection, 'parked.der'))
      return { approved: approved && detailsOf(approved), evenExpired, parked: parked && detailsOf(parked) }
    },
    judge(connection, chain, now) {
      const certificate = leafOf(chain)
      const verdict = judge(connection, certificate, now)
      if (verdict === 'trusted' || !certificate) return verdict
      const file = fileOf(connection, 'parked.der')
      if (!readCertificate(file)?.raw.equals(certificate.raw)) {
        mkdirSync(place(connection), { recursive: true, mode: 0o700 })
        writeWhole(file, certificate.raw)
      }
      return verdict
    },
    approve(connection, thumbprint, { evenExpired, now }) {
      const file = fileOf(connection, 'parked.der')
      const parked = readCertificate(file)
      const details = parked && detailsOf(parked)
      const said = thumbprint.replaceAll(/[\s:]/g, '').toLowerCase()
      if (!details || (said !== details.thumbprint && said !== details.sha256))
        throw new Fault('certificate_not_waiting', { connection })
      const isExpired = details.expiresAt <= now
      if (isExpired && !evenExpired) throw new Fault('certificate_expired', { connection })
      const [name, other] = ['approved.der', 'approved-expired.der'] as const
      renameSync(file, fileOf(connection, isExpired ? other : name))
      rmSync(fileOf(connection, isExpired ? name : other), { force: true })
      return details
    },
    revoke(connection) {
      const { approved } = approvedOf(connection)
      for (const name of ['approved.der', 'approved-expired.der'] as const)
        rmSync(fileOf(connection, name), { force: true })
      return approved !== null
    },
  }
}

/** The first certificate of a chain, which DER simply strings together; null when it is none. */
function leafOf(chain: Uint8Array): X509Certificate | null {
  const bytes = Buffer.from(chain)
  // A sequence with a length of two bytes, as every certificate of a usable size has (X.690 §8.1.3).
  if (bytes.length < 4 || bytes[0] !== 0x30 || bytes[1] !== 0x82) return null
  const length = bytes.readUInt16BE(2) + 4
  if (length > LARGEST_BYTES || length > bytes.length) return null
  return parsed(bytes.subarray(0, length))
}

function readCertificate(file: string): X509Certificate | null {
  return existsSync(file) ? parsed(readFileSync(file)) : null
}

function parsed(der: Buffer): X509Certificate | null {
  try {
    return new X509Certificate(der)
  } catch {
    return null
  }
}

function detailsOf(certificate: X509Certificate): ServerCertificate {
  return {
    thumbprint: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject: certificate.subject.replaceAll('\n', ', '),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    validFrom: Date.parse(certificate.validFrom),
    expiresAt: Date.parse(certificate.validTo),
  }
}

function writeWhole(file: string, content: Buffer): void {
  const half = `${file}.half`
  writeFileSync(half, content, { mode: 0o600, flush: true })
  renameSync(half, file)
}
