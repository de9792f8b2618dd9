import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort, type ServerProcess, startServer, withoutServer } from './influxd.ts'

/** Debian packages mosquitto and openssl. */
const TOOLS = { passwords: 'mosquitto_passwd', certificate: 'openssl' } as const

export function withoutMosquitto(): string | false {
  return withoutServer('mosquitto', 'mosquitto')
}

export type Mosquitto = ServerProcess &
  Readonly<{
    port: number
    /** With TLS, where it was asked for; a client must show a certificate of the same authority. */
    tlsPort: number
    files: Readonly<{ ca: string; cert: string; key: string }>
  }>

/**
 * A real broker. Anybody may come in, unless `acl` says what user `caretaker` with password `caretaker-password` may do.
 * It forgets all of its sessions and retained messages when it ends.
 */
export async function startMosquitto(
  options: { tls?: boolean; acl?: string; settings?: readonly string[] } = {},
): Promise<Mosquitto> {
  let [port, tlsPort, files] = [0, 0, { ca: '', cert: '', key: '' }]
  const server = await startServer(
    'mosquitto',
    async (folder, own) => {
      port = own
      const lines = [`listener ${own} 127.0.0.1`, `allow_anonymous ${options.acl === undefined}`, 'persistence false']
      lines.push(...(options.settings ?? []))
      if (options.tls) {
        tlsPort = await freePort()
        files = certificates(folder)
        const keys = `cafile ${files.ca}\ncertfile ${files.cert}\nkeyfile ${files.key}\nrequire_certificate true`
        lines.push(`listener ${tlsPort} 127.0.0.1`, keys)
      }
      if (options.acl !== undefined) {
        const [passwords, acl] = [join(folder, 'passwords'), join(folder, 'acl')]
        await writeFile(passwords, '')
        spawnSync(TOOLS.passwords, ['-b', passwords, 'caretaker', 'caretaker-password'])
        spawnSync(TOOLS.passwords, ['-b', passwords, 'other', 'other-password'])
        await writeFile(acl, `user other\ntopic readwrite #\nuser caretaker\n${options.acl}\n`)
        lines.push(`password_file ${passwords}`, `acl_file ${acl}`)
      }
      const config = join(folder, 'mosquitto.conf')
      // Started by root it would become another user, who may not read this folder.
      await writeFile(config, `user ${userInfo().username}\nper_listener_settings false\n${lines.join('\n')}\n`)
      return ['-c', config]
    },
    async (url) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      const isOpen = await once(socket, 'connect').then(
        () => true,
        () => false,
      )
      socket.destroy()
      return isOpen
    },
  )
  return { ...server, port, tlsPort, files }
}

/** An authority, and one certificate of it for 127.0.0.1 that serves both sides. */
function certificates(folder: string): Mosquitto['files'] {
  const at = (name: string) => join(folder, name)
  const curve = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1'
  for (const how of [
    `req -x509 ${curve} -subj /CN=authority -keyout ${at('ca.key')} -out ${at('ca.pem')}`,
    `req -x509 ${curve} -subj /CN=broker -addext subjectAltName=IP:127.0.0.1 -CA ${at('ca.pem')} -CAkey ${at('ca.key')} -keyout ${at('own.key')} -out ${at('own.pem')}`,
  ])
    if (spawnSync(TOOLS.certificate, how.split(' ')).status !== 0)
      throw new Error('no certificate: Debian package openssl')
  return { ca: at('ca.pem'), cert: at('own.pem'), key: at('own.key') }
}
