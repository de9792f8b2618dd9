import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openDatabase } from '#gateway/access/database.ts'
import { caretaker, startGatewayProcess } from '../fakes/gateway-process.ts'

const NAME = 'Ada'
const PASSWORD = 'violet kettle 9'

t.test(
  'S10 an only admin who lost the authenticator has a way back, beside a running gateway and without one',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'caretaker-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const [file, data] = [join(folder, 'site.yaml'), join(folder, 'data')]
    writeFileSync(file, 'site: { id: x, name: X, timezone: UTC }\nassets: []\ndevices: []\n')
    const start = () => startGatewayProcess(['run', file, '--data', data, '--http', '127.0.0.1:0'])
    let gateway = await start()
    t.teardown(() => gateway.child.kill('SIGKILL'))
    const post = async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${gateway.url}/api/v1/${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return { status: answer.status, code: ((await answer.json()) as { code?: string }).code }
    }
    const signIn = () => post('session', { name: NAME, password: PASSWORD })
    const clear = (name = 'ada') => caretaker(['totp', 'clear', name, '--data', data])
    /** As after an enrolment, by an authenticator that nobody has. */
    const enrol = () => {
      const db = openDatabase(data)
      db.exec(`insert into totp (account, secret, used_step) select id, x'${'07'.repeat(20)}', 0 from accounts`)
      db.close()
    }

    const secret = readFileSync(join(data, 'setup-secret'), 'utf8').trim()
    t.equal((await post('setup', { secret, name: NAME, password: PASSWORD })).status, 200)
    enrol()
    t.strictSame(await signIn(), { status: 401, code: 'totp_required' })
    t.match(await clear('Eve'), { code: 1, error: /there is no account Eve/ })
    t.match(await clear(), { code: 0, out: /^ada \(U-\w{8}\) signs in by the password alone/ })
    t.equal((await signIn()).status, 200, 'beside the running one')

    enrol()
    await gateway.end('SIGTERM')
    t.match(await clear(), { code: 0 })
    gateway = await start()
    t.equal((await signIn()).status, 200, 'and without')

    const { out } = await caretaker(['token', 'create', '--role', 'admin', '--data', data])
    const gone = new AbortController()
    const stream = await fetch(`${gateway.url}/api/v1/events?after=0`, {
      headers: { authorization: `Bearer ${out.trim()}` },
      signal: gone.signal,
    })
    let text = ''
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.includes('event: token.created')) break
    }
    t.equal(
      text.match(/"type":"access\.totp_cleared".*?"by":"command_line"/g)?.length,
      2,
      'S38 both are in the journal',
    )
  },
)
