import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls'

export type Mail = Readonly<{ from: string; to: string; data: string; isEncrypted: boolean; user: string | null }>

/** What it says instead of yes: to the sign-in, the receiver, the text. `cut` for the text: the line ends there. */
type Replies = { auth?: string; rcpt?: string; data?: string; noTls?: boolean }

/** An SMTP server (RFC 5321) as a mail house runs it: STARTTLS or TLS at once, AUTH PLAIN, answers as told. */
export type SmtpServer = {
  readonly port: number
  readonly mails: Mail[]
  replies: Replies
  stop(): Promise<void>
}

export async function startSmtpServer(tls: { cert: string; key: string }, isImplicit = false): Promise<SmtpServer> {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  const context = createSecureContext(tls)
  const listener = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.write('220 mail.test ESMTP\r\n')
    converse(socket, isImplicit)
  }
  const server = isImplicit ? createTlsServer({ ...tls }, listener) : createServer(listener)

  function converse(socket: Socket, isEncrypted: boolean): void {
    let text = ''
    let state = { from: '', to: '', user: null as string | null }
    let isData = false
    const reply = (line: string) => socket.write(`${line}\r\n`)
    const onData = (part: Buffer): void => {
      text += part.toString('utf8')
      for (;;) {
        const end = text.indexOf(isData ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const line = text.slice(0, end)
        text = text.slice(end + (isData ? 5 : 2))
        if (isData) take(line)
        else if (heard(line)) return
      }
    }
    function take(data: string): void {
      isData = false
      if (fake.replies.data === 'cut') return void socket.destroy()
      if (fake.replies.data === undefined) mails.push({ ...state, data, isEncrypted })
      reply(fake.replies.data ?? '250 2.0.0 queued as 4711')
    }
    /** True when the conversation goes on in another one. */
    function heard(line: string): boolean {
      const verb = line.split(/[ :]/)[0]!.toUpperCase()
      if (verb === 'EHLO') {
        const offers = isEncrypted ? ['AUTH PLAIN'] : fake.replies.noTls ? [] : ['STARTTLS']
        const lines = ['mail.test', ...offers]
        lines.forEach((offer, i) => reply(`250${i === lines.length - 1 ? ' ' : '-'}${offer}`))
      } else if (verb === 'STARTTLS' && fake.replies.noTls) reply('502 5.5.1 not here')
      else if (verb === 'STARTTLS') {
        socket.removeListener('data', onData)
        reply('220 go')
        converse(
          new TLSSocket(socket, { isServer: true, secureContext: context }).on('error', () => {}),
          true,
        )
        return true
      } else if (verb === 'AUTH') {
        state = {
          ...state,
          user:
            Buffer.from(line.split(' ')[2] ?? '', 'base64')
              .toString()
              .split('\0')[1] ?? null,
        }
        reply(fake.replies.auth ?? '235 ok')
      } else if (verb === 'MAIL') {
        state = { ...state, from: line }
        reply('250 ok')
      } else if (verb === 'RCPT') {
        state = { ...state, to: line }
        reply(fake.replies.rcpt ?? '250 ok')
      } else if (verb === 'DATA') {
        isData = true
        reply('354 go on')
      } else if (verb === 'QUIT') socket.end('221 bye\r\n')
      else reply('250 ok')
      return false
    }
    socket.on('data', onData)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake: SmtpServer = {
    port: (server.address() as AddressInfo).port,
    mails,
    replies: {},
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
  return fake
}
