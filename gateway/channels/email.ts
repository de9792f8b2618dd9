import { readFileSync } from 'node:fs'
import type { SentMessageInfo, Transporter } from 'nodemailer'
import { LANGUAGES } from '../texts.ts'
import type { Channel, Delivery, Message } from './channel.ts'
import type { ChannelPorts } from './ports.ts'
import type { ConfigOf } from './schema.ts'

type Config = ConfigOf<'email'>
type SmtpError = Error & {
  code?: string
  responseCode?: number
  response?: string
  syscall?: string
  timeoutType?: string
}

const TIMEOUT_MS = 15_000
const ADDRESS = /^[^<>\s@,;:"]+@[^<>\s@,;:"]+$/
/** The server was not reached, or does not let us in: no other message would fare better. */
const FOR_ALL = new Set(['ECONNECTION', 'EDNS', 'EAUTH', 'ETLS', 'ENOAUTH', 'EPROXY'])

/** Mail over SMTP, always encrypted. What the server takes is accepted: whether it is read, nobody can tell. */
export function email(config: Config, { wallNow }: Pick<ChannelPorts, 'wallNow'>): Channel {
  let transport: Promise<Transporter<SentMessageInfo>> | null = null
  return {
    id: config.id,
    reach: 'person',
    limit: { most: config.per_minute ?? 60, windowMs: 60_000 },
    inFlight: 2,
    async send(message, signal) {
      const { to = '' } = message
      if (!ADDRESS.test(to)) return { outcome: 'failed', reason: 'bad_address' }
      try {
        const mailer = await (transport ??= transportOf(config))
        const info = (await orAborted(mailer.sendMail(mailOf(config, message, to, wallNow())), signal)) as {
          response?: string
        }
        return { outcome: 'accepted', ...(info.response ? { said: info.response.slice(0, 300) } : {}) }
      } catch (error) {
        signal.throwIfAborted()
        return deliveryOf(error as SmtpError)
      }
    },
  }
}

/** Loaded when the first mail goes out: most sites send none. */
async function transportOf({ host, port, tls, user, password, ca_file: caFile }: Config) {
  const { createTransport } = await import('nodemailer')
  return createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    tls: { minVersion: 'TLSv1.2', ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) },
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

function mailOf({ from, unsubscribe }: Config, message: Message, to: string, at: number) {
  const { id, site, notice, texts, language: own } = message
  // Both, the reader's own first.
  const languages = LANGUAGES.toSorted((a, b) => Number(b === own) - Number(a === own))
  const subject = languages.map((language) => texts[language].title).join(' / ')
  const text = languages.map((language) => `${texts[language].title}\n\n${texts[language].body}`).join('\n\n--\n\n')
  const html = languages
    .map(
      (language) =>
        `<section lang="${language}"><h1 style="font-size:1.2em">${escaped(texts[language].title)}</h1><p>${escaped(texts[language].body)}</p></section>`,
    )
    .join('<hr>')
  const leave = unsubscribe ?? `mailto:${from}?subject=unsubscribe`
  return {
    from: { name: site, address: from },
    to: { name: '', address: to },
    subject,
    text,
    html: `<!doctype html><html><body>${html}</body></html>`,
    date: new Date(at),
    // The same at every attempt: a mailbox shows a repeat once, and all of one notice together.
    messageId: `<${id}@${site}.caretaker>`,
    references: [`<${notice}@${site}.caretaker>`],
    headers: {
      'List-Unsubscribe': `<${leave}>`,
      ...(leave.startsWith('https:') ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
      'Auto-Submitted': 'auto-generated',
    },
  }
}

function deliveryOf(error: SmtpError): Delivery {
  const { code = 'ESMTP', responseCode, response, message } = error
  const said = (response ?? message).slice(0, 300)
  const reason = responseCode === undefined ? code.toLowerCase() : `smtp_${responseCode}`
  if (isLost(error)) return { outcome: 'unknown', reason, said }
  if (FOR_ALL.has(code) || responseCode === undefined) return { outcome: 'retry', reason, said, isForAll: true }
  return responseCode >= 500 ? { outcome: 'failed', reason, said } : { outcome: 'retry', reason, said }
}

/** The line was there and fell silent: the text may have been on its way. */
function isLost({ message, syscall, timeoutType }: SmtpError): boolean {
  const isCut = syscall === 'read' || syscall === 'write' || message === 'Connection closed unexpectedly'
  return isCut || timeoutType === 'SOCKET_TIMEOUT'
}

function escaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (sign) => signs[sign]!)
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
