import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { openDatabase } from '#gateway/access/database.ts'
import { openSessions } from '#gateway/access/sessions.ts'
import { setupSecret } from '#gateway/access/setup-secret.ts'
import { deviceSecrets } from '#gateway/credentials.ts'
import { loadSite } from '#gateway/site/load.ts'
import { systemRandom } from '#gateway/random.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { lockFolder } from '#gateway/store/lock.ts'
import { assertDurable, openForWriting, STORE_FILES } from '#gateway/store/schema.ts'

t.test('F02 every connection that writes is opened with synchronous=FULL, and less is refused', async (t) => {
  const folder = folderOf(t)
  for (const file of STORE_FILES) {
    const db = openForWriting(join(folder, file), file)
    t.strictSame({ ...db.prepare('pragma synchronous').get() }, { synchronous: 2 }, file)
    t.strictSame({ ...db.prepare('pragma journal_mode').get() }, { journal_mode: 'wal' }, file)
    for (const less of ['off', 'normal']) {
      db.exec(`pragma synchronous = ${less}`)
      t.throws(() => assertDurable(db), { code: 'store_corrupt' }, `${file}: ${less}`)
    }
    db.close()
  }
  const access = openDatabase(folder)
  t.strictSame({ ...access.prepare('pragma synchronous').get() }, { synchronous: 2 }, 'access.db')
  access.close()
})

t.test('F02 the store refuses to open where FULL cannot be had', async (t) => {
  // SQLite itself keeps the promise; what is caught here is a build or a change of ours that does not.
  const own = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec')!
  t.teardown(() => Object.defineProperty(DatabaseSync.prototype, 'exec', own))
  Object.defineProperty(DatabaseSync.prototype, 'exec', {
    ...own,
    value(this: DatabaseSync, sql: string) {
      Reflect.apply(own.value as (sql: string) => void, this, [
        sql.replace(/synchronous = full/, 'synchronous = normal'),
      ])
    },
  })
  t.throws(() => new StoreCore(folderOf(t)), { code: 'store_corrupt', message: /synchronous is 1, must be 2/ })
})

t.test('F03 the key of the devices, cut anywhere: the same key, or refused with words', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'mqtt.key')
  const secret = deviceSecrets(folder, systemRandom())('K1')
  const whole = readFileSync(file)
  t.notOk(existsSync(`${file}.new`))
  for (let size = 0; size < whole.length; size++) {
    writeFileSync(file, whole.subarray(0, size))
    if (size === whole.length - 1) t.equal(deviceSecrets(folder, systemRandom())('K1'), secret, 'only its end of line')
    else
      t.throws(
        () => deviceSecrets(folder, systemRandom()),
        { code: 'store_corrupt', message: /holds no key/ },
        `${size}`,
      )
  }
  // What was being written when the power went is not the file.
  writeFileSync(file, whole)
  writeFileSync(`${file}.new`, 'torn')
  t.equal(deviceSecrets(folder, systemRandom())('K1'), secret)
})

t.test('F03 the setup secret, cut anywhere: the same, or a new one that nobody knows', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'setup-secret')
  const text = setupSecret(folder, systemRandom()).text()!
  const whole = readFileSync(file)
  for (let size = 0; size < whole.length; size++) {
    writeFileSync(file, whole.subarray(0, size))
    const secret = setupSecret(folder, systemRandom())
    const torn = whole.subarray(0, size).toString()
    if (torn !== text) t.notOk(secret.is(torn), `${size} bytes do not open`)
    t.notOk(secret.is(''), 'nor does nothing')
    t.match(secret.text(), /^[\w-]{43}$/)
    t.equal(setupSecret(folder, systemRandom()).text(), secret.text(), 'and it stays')
  }
})

t.test('F03 the pid beside the lock, cut anywhere: another gateway is still told', async (t) => {
  const folder = folderOf(t)
  const lock = lockFolder(folder, 4_321)
  for (const [size, pid] of ['?', '4', '43', '432', '4321'].entries()) {
    writeFileSync(join(folder, 'gateway.pid'), '4321\n'.slice(0, size))
    t.throws(() => lockFolder(folder, 1), { code: 'already_running', params: { pid } })
  }
  lock.release()
  lockFolder(folder, 1).release()
})

t.test('F03 access.db cut anywhere is refused with words: nobody is let in by half a row', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'access.db')
  const db = openDatabase(folder)
  const insert = db.prepare("insert into tokens (id, hash, role, created_at) values (?, ?, 'admin', 0)")
  for (let i = 0; i < 200; i++) insert.run(`T${i}`, `hash ${i}`)
  db.close()
  const whole = readFileSync(file)
  let refused = 0
  const passed: number[] = []
  for (let size = whole.length - 1; size > 0; size -= 101) {
    writeFileSync(file, whole.subarray(0, size))
    try {
      const torn = openDatabase(folder)
      const rows = torn.prepare('select id, hash from tokens').all() as { id: string; hash: string }[]
      if (rows.some(({ id, hash }) => hash !== id.replace('T', 'hash '))) passed.push(size)
      torn.close()
    } catch (error) {
      refused++
      const { code, message } = error as Error & { code?: string }
      if (code !== 'store_corrupt' || !/access\.db/.test(message)) t.fail(`${size} bytes: ${message}`)
    }
  }
  t.ok(refused > 100, `${refused} refused`)
  t.strictSame(passed, [], 'where it opens, each row is one that was written')
})

t.test(
  'F03 the site file, cut at any byte, never crashes the reader: faults with a place, or a smaller site',
  async (t) => {
    const folder = folderOf(t)
    const file = join(folder, 'site.yaml')
    const text = [
      'site: { id: small, name: 小区, timezone: Asia/Shanghai }',
      "mqtt: { listen: '127.0.0.1:0' }",
      'assets:',
      '  - { id: K1, kind: waste-bin }',
      'devices:',
      '  - { id: K1, profile: bin-fill-sensor }',
      'staff: [{ id: C1, role: cleaner, regions: [site], skills: [cleaning], duty: ["00:00-24:00"] }]',
      'fallback: C1',
    ].join('\n')
    writeFileSync(file, text)
    const edge = { env: {}, cwd: folder } as never
    t.strictSame(loadSite(file, edge).faults, [])
    for (let size = Buffer.byteLength(text) - 1; size >= 0; size--) {
      truncateSync(file, size)
      const { site, faults } = loadSite(file, edge)
      if (!site && faults.length === 0) t.fail(`${size} bytes: neither a site nor a fault`)
      for (const fault of faults)
        if (!(fault.line >= 1 && fault.column >= 1 && fault.file)) t.fail(`${size} bytes: a fault without a place`)
    }
  },
)

t.test('F06 who is signed in stays so while nothing can be written down', async (t) => {
  const folder = folderOf(t)
  const db = openDatabase(folder)
  t.teardown(() => db.close())
  let now = 0
  const sessions = openSessions(db, systemRandom(), { now: () => now, speed: 1 })
  const { token } = sessions.open({ id: 'a', role: 'monitor', name: 'A', person: null })
  db.exec('pragma query_only = on')
  now += 120_000
  t.equal(sessions.find(token)?.name, 'A')
  now += 31 * 60_000
  t.equal(sessions.find(token), null, 'and its end is its end')
  db.exec('pragma query_only = off')
  const again = openSessions(db, systemRandom(), { now: () => now, speed: 1 })
  t.equal(again.find(token), null, 'also for the next start')
})

function folderOf(t: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-files-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
