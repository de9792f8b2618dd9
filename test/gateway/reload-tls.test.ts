import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import t from 'tap'
import { askToReload } from '#gateway/control.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { freePort } from '../fakes/influxd.ts'
import { smallEstate } from '../fakes/small-estate.ts'
import { until } from '../fakes/until.ts'

/** Debian package openssl. */
const TOOLS = { certificate: 'openssl' } as const
const hasOpenssl = spawnSync(TOOLS.certificate, ['version']).status === 0

t.test(
  'S27 the door with TLS is opened, given another certificate and shut by a reload',
  { skip: hasOpenssl ? false : 'openssl is not there', timeout: 120_000 },
  async (t) => {
    const estate = await smallEstate(t)
    const file = estate.runArguments[1]!
    const port = await freePort()
    for (const name of ['first', 'second']) {
      const [cert, key] = ['cert', 'key'].map((part) => join(dirname(file), `${name}-${part}.pem`))
      const how = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=${name} -keyout ${key} -out ${cert}`
      t.equal(spawnSync(TOOLS.certificate, how.split(' ')).status, 0)
    }
    const plain = readFileSync(file, 'utf8')
    const withTls = (name: string) =>
      plain.replace(
        /mqtt: \{ (listen: '[^']+') \}/,
        `mqtt: { $1, tls: { listen: '127.0.0.1:${port}', cert: ${name}-cert.pem, key: ${name}-key.pem } }`,
      )
    t.not(withTls('first'), plain)
    /** The name on the certificate that is shown; null while nobody opens. */
    const shown = async (): Promise<string | null> => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
      socket.on('error', () => {})
      try {
        await once(socket, 'secureConnect')
        return String(socket.getPeerCertificate().subject.CN)
      } catch {
        return null
      } finally {
        socket.destroy()
      }
    }
    const gateway = await startGatewayProcess(estate.runArguments)
    t.teardown(() => gateway.child.kill('SIGKILL'))
    const reload = (mayRestart: boolean) =>
      until('it answers', () => askToReload(estate.data, { dryRun: false, mayRestart }).catch(() => null))
    t.equal(await shown(), null)

    writeFileSync(file, withTls('first'))
    t.match(await reload(false), { outcome: 'needs_restart', changes: [{ kind: 'mqtt', change: 'changed' }] })
    t.equal(await shown(), null, 'said, and not done')
    t.match(await reload(true), { outcome: 'restarting' })
    t.equal(await until('the door is open', shown), 'first')

    writeFileSync(file, withTls('second'))
    t.match(await reload(true), { outcome: 'restarting' })
    await until('the other certificate is shown', async () => (await shown()) === 'second')

    writeFileSync(file, withTls('third'))
    t.match(await reload(true), { outcome: 'refused', faults: [{ code: 'file_missing' }, { code: 'file_missing' }] })
    t.equal(await shown(), 'second', 'a file that is not there changes nothing')

    writeFileSync(file, plain)
    t.match(await reload(true), { outcome: 'restarting' })
    await until('the door is shut', async () => (await shown()) === null)
  },
)
