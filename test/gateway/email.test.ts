import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { email } from '#gateway/channels/email.ts'
import type { ConfigOf } from '#gateway/channels/schema.ts'
import { startSmtpServer } from '../fakes/smtp-server.ts'
import { MESSAGE, portsOf } from './channel-ports.ts'

const never = new AbortController().signal
/** Debian package openssl. */
const TOOLS = { certificate: 'openssl' } as const
const folder = mkdtempSync(join(tmpdir(), 'caretaker-mail-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'
const hasOpenssl = (() => {
  try {
    const more = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', files.key, '-out', files.cert]
    execFileSync(TOOLS.certificate, [...args.split(' '), ...more], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
const skip = hasOpenssl || process.env['CI'] ? false : 'openssl is not there'

async function mailbox(t: { teardown(end: () => unknown): void }, more: Partial<ConfigOf<'email'>> = {}) {
  const pair = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') }
  const server = await startSmtpServer(pair, more.tls === 'implicit')
  t.teardown(() => server.stop())
  const channel = email(
    {
      id: 'mail',
      type: 'email',
      host: 'localhost',
      port: server.port,
      tls: 'starttls',
      ca_file: files.cert,
      user: 'estate',
      password: 'a long password',
      from: 'notices@estate.example',
      allow_private: true,
      ...more,
    },
    portsOf(),
  )
  return { server, send: (to: string = 'owner@home.example') => channel.send({ ...MESSAGE, to }, never) }
}

t.test('a mail goes out encrypted, in both languages, with a way to leave', { skip }, async (t) => {
  for (const tls of ['starttls', 'implicit'] as const) {
    const { server, send } = await mailbox(t, { tls })
    t.match(await send(), { outcome: 'accepted', said: /queued as 4711/ }, tls)
    const mail = server.mails[0]!
    t.match(mail, { isEncrypted: true, user: 'estate', to: 'RCPT TO:<owner@home.example>' })
    const head = mail.data.slice(0, mail.data.indexOf('\r\n\r\n'))
    t.match(head, /^List-Unsubscribe: <mailto:notices@estate\.example\?subject=unsubscribe>$/m)
    t.match(head, /^Message-ID: <N1-7-sms@lakeside\.caretaker>$/m, 'the same at every attempt')
    t.match(head, /^Auto-Submitted: auto-generated$/m)
    t.match(head, /^Content-Type: multipart\/alternative/m)
    const parts = mail.data.split(/\r\n--[^\r\n]+\r\n/).slice(1)
    t.match(parts[0], 'text/plain')
    const html = decoded(parts[1]!)
    t.match(html, '高区泵组：17:00 起停水。')
    t.match(html, 'High-zone pumps &lt;b&gt;since 17:00&lt;/b&gt;.', 'S15 text stays text')
  }
})

t.test('a page to leave is one click', { skip }, async (t) => {
  const { server, send } = await mailbox(t, { unsubscribe: 'https://estate.example/leave' })
  await send()
  t.match(server.mails[0]!.data, /^List-Unsubscribe: <https:\/\/estate\.example\/leave>$/m)
  t.match(server.mails[0]!.data, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m)
})

t.test("F60 the server's own answer decides", { skip }, async (t) => {
  const { server, send } = await mailbox(t)
  const table = [
    [
      { rcpt: '550 5.1.1 no such mailbox' },
      { outcome: 'failed', reason: 'smtp_550', said: '550 5.1.1 no such mailbox' },
    ],
    [{ rcpt: '451 4.7.1 greylisted' }, { outcome: 'retry', reason: 'smtp_451' }],
    [{ data: '552 5.3.4 too large' }, { outcome: 'failed', reason: 'smtp_552' }],
    [{ data: '421 4.3.2 shutting down' }, { outcome: 'retry', reason: 'smtp_421' }],
    [{ data: 'cut' }, { outcome: 'unknown' }],
    [{ auth: '535 5.7.8 wrong password' }, { outcome: 'retry', reason: 'smtp_535', isForAll: true }],
    [{ noTls: true }, { outcome: 'retry', isForAll: true }],
  ] as const
  for (const [replies, delivery] of table) {
    server.replies = { ...replies }
    t.match(await send(), delivery, JSON.stringify(replies))
  }
  t.equal(server.mails.length, 0)
  server.replies = {}
  t.match(await send('a@b.example\r\nBcc: c@d.example'), { outcome: 'failed', reason: 'bad_address' })
  t.match(await send('a@b.example, c@d.example'), { outcome: 'failed', reason: 'bad_address' })
  await server.stop()
  t.match(await send(), { outcome: 'retry' }, 'nobody there')
})

t.test('S27 a server whose certificate nobody vouches for gets nothing', { skip }, async (t) => {
  const { server, send } = await mailbox(t, { ca_file: undefined } as unknown as Partial<ConfigOf<'email'>>)
  t.match(await send(), { outcome: 'retry' })
  t.equal(server.mails.length, 0)
})

/** Quoted-printable or base64, as its head says. */
function decoded(part: string): string {
  const at = part.indexOf('\r\n\r\n')
  const [head, body] = [part.slice(0, at), part.slice(at + 4)]
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString()
  if (!/quoted-printable/i.test(head)) return body
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
