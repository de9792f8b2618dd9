import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { masterKey } from '#gateway/private/master-key.ts'
import { maskedPhone, normalPhone } from '#gateway/private/phone.ts'
import { openPrivate, type PrivateEvent } from '#gateway/private/private-store.ts'
import { systemRandom } from '#gateway/random.ts'

const random = systemRandom()
const DAY = 24 * 3_600_000
const NAME = 'Zhang Wei the Elder'
const PHONE = '13912345678'

const open = (folder: string, now = () => 1_000) => openPrivate(folder, { random, now })
const contact = (id: string, name = NAME, phone: string | null = PHONE) =>
  ({ kind: 'staff', id, subject: `staff:${id}`, doc: { name, phone } }) as const
const codeOf = (work: () => unknown) => {
  try {
    work()
    return null
  } catch (error) {
    return error instanceof Fault ? error.code : error
  }
}
async function toldBy(store: ReturnType<typeof open>): Promise<PrivateEvent[]> {
  const told: PrivateEvent[] = []
  await store.flush(async (event) => void told.push(event))
  return told
}
/** Everything of it that lies on the disk. */
const bytesOn = (folder: string) =>
  ['private.db', 'private.db-wal', 'backup/private.db']
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file))

t.test('what is put is found by kind and id, by subject, and by its number however that is written', async (t) => {
  const store = open(t.testdir({}))
  t.equal(store.put(contact('T1'), 'ada'), true)
  t.equal(store.put(contact('T1'), 'ada'), false, 'the same again changes nothing')
  store.put(contact('T2', 'Li Na', '021-5555 1234'), 'ada')
  t.match(store.get('staff', 'T1'), { version: 1, updatedAt: 1_000, doc: { name: NAME, phone: PHONE } })
  t.equal(store.get('staff', 'T9'), null)
  t.strictSame(
    store.list('staff').map(({ id }) => id),
    ['T1', 'T2'],
  )
  t.strictSame(
    store.list('staff', 'staff:T2').map(({ doc }) => doc.name),
    ['Li Na'],
  )
  for (const written of [PHONE, '+86 139 1234 5678', '0086-139-1234-5678', '86 13912345678'])
    t.same(store.findByPhone(written), [{ kind: 'staff', id: 'T1', subject: 'staff:T1' }], written)
  store.put(contact('T1', NAME, '13800000000'), 'ada')
  t.strictSame(store.findByPhone(PHONE), [], 'an old number finds nobody')
  t.equal(store.get('staff', 'T1')?.version, 2)
  t.equal(store.remove('staff', 'T1', 'ada'), true)
  t.equal(store.remove('staff', 'T1', 'ada'), false)
  t.strictSame(store.findByPhone('13800000000'), [])
  store.close()
})

t.test('a picture is kept beside its document, and stays when only that changes', async (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  const bytes = Buffer.alloc(300_000, 'jpeg of a pump')
  const doc = { mediaType: 'image/jpeg', takenAt: 5, of: 'O-7' }
  store.put({ kind: 'photo', id: 'ph1', subject: 'O-7', doc, bytes }, 'T1')
  store.put({ kind: 'photo', id: 'ph1', subject: 'O-7', doc: { ...doc, takenAt: 6 } }, 'T1')
  t.equal(store.bytes('photo', 'ph1')?.equals(bytes), true)
  t.equal(store.bytes('photo', 'ph2'), null)
  t.notOk(bytesOn(folder).some((file) => file.includes('jpeg of a pump')))
  store.close()
})

t.test('what is changed is told by ids alone, once for each kind and person', async (t) => {
  const store = open(t.testdir({}))
  store.transaction(() => {
    store.put(contact('T1'), 'ada')
    store.put(contact('T2', 'Li Na', null), 'ada')
    store.put({ kind: 'note', id: 'n1', subject: 'O-7', doc: { text: 'the key is under the mat', of: 'O-7' } }, 'T1')
  })
  store.erase('staff:T1', 'ada')
  const told = await toldBy(store)
  t.strictSame(told, [
    { type: 'private.changed', kind: 'staff', subjects: ['staff:T1', 'staff:T2'], by: 'ada' },
    { type: 'private.changed', kind: 'note', subjects: ['O-7'], by: 'T1' },
    { type: 'private.erased', subject: 'staff:T1', by: 'ada' },
  ])
  t.strictSame(await toldBy(store), [], 'and not twice')
  store.close()
})

t.test('a transaction is all or nothing, and says nothing of what it took back', async (t) => {
  const store = open(t.testdir({}))
  t.throws(() =>
    store.transaction(() => {
      store.put(contact('T1'), 'ada')
      throw new Error('the third row is bad')
    }),
  )
  t.strictSame(store.list('staff'), [])
  t.strictSame(await toldBy(store), [])
  store.close()
})

t.test('S33: neither a name nor a number stands in the file, in its log, in its copy or in the events', async (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  for (let n = 1; n <= 50; n++) store.put(contact(`T${n}`), 'ada')
  await store.backupDaily(0)
  const files = bytesOn(folder)
  t.equal(files.length, 3)
  for (const secret of [NAME, PHONE, 'Zhang', '12345678'])
    t.notOk(
      files.some((file) => file.includes(secret)),
      secret,
    )
  t.notMatch(JSON.stringify(await toldBy(store)), /Zhang|1391234/)
  for (const name of ['private.db', 'private.key', 'backup/private.db'])
    t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
  store.close()
})

t.test('S34: who is erased cannot be read again, from no copy: the key itself is gone from every file', async (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  store.put(contact('T1'), 'ada')
  store.put(contact('T2', 'Li Na', null), 'ada')
  await store.backupDaily(0)
  const wrapped = wrappedKey(folder, 'staff:T1')
  t.ok(
    bytesOn(folder).some((file) => file.includes(wrapped)),
    'it was there',
  )
  t.equal(store.erase('staff:T1', 'ada'), true)
  t.equal(store.erase('staff:T1', 'ada'), false)
  t.equal(store.get('staff', 'T1'), null)
  t.strictSame(store.findByPhone(PHONE), [])
  await store.backupDaily(1)
  t.notOk(
    bytesOn(folder).some((file) => file.includes(wrapped)),
    'neither in the file nor in its log nor in the copy',
  )
  t.equal(store.get('staff', 'T2')?.doc.name, 'Li Na', 'the others stay')
  store.close()
})

t.test(
  'S34: while somebody reads, the key stays in the write-ahead file, and goes as soon as they are done',
  async (t) => {
    const folder = t.testdir({})
    const store = open(folder)
    store.put(contact('T1'), 'ada')
    const wrapped = wrappedKey(folder, 'staff:T1')
    const inLog = () => readFileSync(join(folder, 'private.db-wal')).includes(wrapped)
    const reader = new DatabaseSync(join(folder, 'private.db'))
    reader.exec('begin')
    reader.prepare('select count(*) from records').get()
    const begun = performance.now()
    t.equal(store.erase('staff:T1', 'ada'), true)
    const tookMs = performance.now() - begun
    t.ok(tookMs < 2_000, `nobody waits for the reader: ${Math.round(tookMs)} ms`)
    t.ok(inLog(), 'the reader is in the way')
    await store.backupDaily(0)
    await toldBy(store)
    t.ok(inLog(), 'still')
    reader.exec('commit')
    await toldBy(store)
    t.notOk(inLog(), 'with the next change')

    store.put(contact('T2'), 'ada')
    const other = wrappedKey(folder, 'staff:T2')
    reader.exec('begin')
    reader.prepare('select count(*) from records').get()
    store.erase('staff:T2', 'ada')
    await store.backupDaily(1)
    // The gateway dies here: what lies on the disk now is what the next one finds.
    const crashed = beside(folder)
    mkdirSync(join(crashed, 'backup'))
    for (const name of ['private.db', 'private.db-wal', 'private.key', 'backup/private.db'])
      copyFileSync(join(folder, name), join(crashed, name))
    reader.close()
    store.close()
    const isLeft = () => bytesOn(crashed).some((file) => file.includes(other))
    t.ok(isLeft())
    const restarted = open(crashed)
    await toldBy(restarted)
    t.notOk(isLeft(), 'also after a restart')
    restarted.close()
  },
)

t.test('S34: who is erased does not return when the file is damaged before the next copy', async (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  for (const id of ['T1', 'T2']) store.put(contact(id), 'ada')
  await store.backupDaily(0)
  const wrapped = wrappedKey(folder, 'staff:T1')
  t.throws(() =>
    store.transaction(() => {
      store.erase('staff:T2', 'ada')
      throw new Error('taken back')
    }),
  )
  store.erase('staff:T1', 'ada')
  t.notOk(readFileSync(join(folder, 'backup', 'private.db')).includes(wrapped))
  store.close()
  truncateSync(join(folder, 'private.db'), 5_000)
  const restored = open(folder)
  t.match(restored.trouble(), { code: 'private_restored' })
  t.strictSame(
    restored.list('staff').map(({ id }) => id),
    ['T2'],
  )
  t.strictSame(
    restored.findByPhone(PHONE).map(({ id }) => id),
    ['T2'],
  )
  restored.close()

  writeFileSync(join(folder, 'backup', 'private.db'), 'not a database')
  const again = open(folder)
  again.erase('staff:T2', 'ada')
  t.notOk(existsSync(join(folder, 'backup', 'private.db')), 'a copy that nobody can be taken out of goes')
  again.close()
})

t.test('F03: a wrong, a torn and a lost key are named, and nothing else stops', async (t) => {
  const folder = t.testdir({})
  const first = open(folder)
  first.put(contact('T1'), 'ada')
  first.close()
  const good = readFileSync(join(folder, 'private.key'), 'utf8')
  const moods: Record<string, [code: string, key: string | null]> = {
    wrong: ['private_key_wrong', `${random.token()}\n`],
    torn: ['private_key_torn', good.slice(0, 20)],
    empty: ['private_key_torn', ''],
  }
  for (const [mood, [code, key]] of Object.entries(moods)) {
    writeFileSync(join(folder, 'private.key'), key ?? '')
    const store = open(folder)
    t.equal(store.trouble()?.code, code, mood)
    t.equal(
      codeOf(() => store.get('staff', 'T1')),
      code,
    )
    t.equal(
      codeOf(() => store.put(contact('T2'), 'ada')),
      code,
    )
    await store.backupDaily(DAY)
    await store.flush(async () => void t.fail('nothing to tell'))
    store.close()
  }
  const elsewhere = openPrivate(folder, { random, now: () => 0, key: masterKey(folder, random, join(folder, 'none')) })
  t.equal(elsewhere.trouble()?.code, 'private_key_missing')
  elsewhere.close()
  writeFileSync(join(folder, 'private.key'), good)
  const again = open(folder)
  t.equal(again.get('staff', 'T1')?.doc.name, NAME)
  again.close()
})

t.test('F03: a lost key is not replaced by a new one while something is sealed with it', (t) => {
  const folder = t.testdir({})
  open(folder).close()
  const key = join(folder, 'private.key')
  const kept = readFileSync(key)
  const away = beside(folder)
  copyFileSync(join(folder, 'private.db'), join(away, 'private.db'))
  t.equal(open(away).trouble()?.code, 'private_key_missing')
  t.notOk(existsSync(join(away, 'private.key')))
  writeFileSync(join(away, 'private.key'), kept)
  t.equal(open(away).trouble(), null)
  t.end()
})

t.test(
  'F03, F09: a torn file is replaced by its copy; without one it is left alone and said to be damaged',
  async (t) => {
    const folder = t.testdir({})
    const store = open(folder)
    for (let n = 1; n <= 200; n++) store.put(contact(`T${n}`), 'ada')
    store.close()
    const file = join(folder, 'private.db')
    const { size } = statSync(file)
    for (const kept of [100, 4_096, Math.floor(size / 2), size - 1_000]) {
      const alone = beside(folder)
      for (const name of ['private.db', 'private.key']) copyFileSync(join(folder, name), join(alone, name))
      truncateSync(join(alone, 'private.db'), kept)
      const torn = open(alone)
      t.equal(torn.trouble()?.code, 'private_damaged', `${kept} bytes`)
      t.equal(statSync(join(alone, 'private.db')).size, kept, 'and not touched')
      torn.close()
    }
    const whole = open(folder)
    await whole.backupDaily(0)
    whole.close()
    truncateSync(file, 5_000)
    const restored = open(folder)
    t.match(restored.trouble(), { code: 'private_restored' })
    t.equal(restored.list('staff').length, 200)
    t.equal(restored.findByPhone(PHONE).length, 200)
    restored.close()
  },
)

t.test('the copy is made once a day, and opens with the key alone', async (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  store.put(contact('T1'), 'ada')
  const saved = join(folder, 'backup', 'private.db')
  await store.backupDaily(0)
  const { mtimeMs } = statSync(saved)
  store.put(contact('T2'), 'ada')
  await store.backupDaily(mtimeMs + DAY - 1)
  t.equal(statSync(saved).mtimeMs, mtimeMs, 'not before a day has passed')
  await store.backupDaily(mtimeMs + DAY)
  store.close()
  const elsewhere = beside(folder)
  copyFileSync(saved, join(elsewhere, 'private.db'))
  copyFileSync(join(folder, 'private.key'), join(elsewhere, 'private.key'))
  const copy = open(elsewhere)
  t.equal(copy.list('staff').length, 2)
  copy.close()
})

t.test('a sealed document that is moved to another row does not open there', (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  store.put(contact('T1'), 'ada')
  store.put(contact('T2', 'Li Na', null), 'ada')
  store.close()
  const db = new DatabaseSync(join(folder, 'private.db'))
  db.exec("update records set doc = (select doc from records where id = 'T1') where id = 'T2'")
  db.close()
  const again = open(folder)
  t.equal(
    codeOf(() => again.get('staff', 'T2')),
    'private_key_wrong',
  )
  again.close()
  t.end()
})

t.test('3,000 households come in at once, well within 10 s', (t) => {
  const store = open(t.testdir({}))
  const begun = performance.now()
  store.transaction(() => {
    for (let n = 0; n < 3_000; n++) {
      const doc = { home: `B1-${n}`, name: `N${n}`, phone: `139${String(n).padStart(8, '0')}` }
      store.put(
        {
          kind: 'household',
          id: `P${n}`,
          subject: `person:P${n}`,
          doc: { ...doc, relation: 'tenant', from: 0, to: null },
        },
        'ada',
      )
    }
  })
  const tookMs = performance.now() - begun
  t.ok(tookMs < 10_000, `${Math.round(tookMs)} ms`)
  t.comment(`3,000 contacts in ${Math.round(tookMs)} ms`)
  t.equal(store.findByPhone('139 0000 2999')[0]?.id, 'P2999')
  store.close()
  t.end()
})

t.test('without luck in randomness nothing is sealed twice alike', (t) => {
  let n = 0
  const counting: Random = { next: () => 0, token: () => Buffer.alloc(32, ++n).toString('base64url') }
  const folder = t.testdir({})
  const store = openPrivate(folder, { random: counting, now: () => 0 })
  store.put(contact('T1'), 'ada')
  const before = n
  store.put(contact('T1', 'Other'), 'ada')
  t.ok(n > before, 'each sealing draws a nonce of its own')
  store.close()
  t.end()
})

t.test('numbers are compared as one and shown in part', (t) => {
  const same: Record<string, string | null> = {
    '139-1234-5678': PHONE,
    '+8613912345678': PHONE,
    '(021) 5555.1234': '02155551234',
    '+49 30 1234567': '+49301234567',
    '0049 30 1234567': '+49301234567',
    '110': '110',
    'call me': null,
    '': null,
  }
  for (const [written, number] of Object.entries(same)) t.equal(normalPhone(written), number, written)
  t.equal(maskedPhone(PHONE), '139****5678')
  t.equal(maskedPhone('110'), '****')
  t.end()
})

/** Another data folder. */
function beside(folder: string): string {
  for (let n = 1; ; n++) {
    const other = join(folder, `other-${n}`)
    if (existsSync(other)) continue
    mkdirSync(other)
    return other
  }
}

function wrappedKey(folder: string, subject: string): Buffer {
  const db = new DatabaseSync(join(folder, 'private.db'), { readOnly: true })
  const { key } = db.prepare('select key from subjects where id = ?').get(subject) as { key: Uint8Array }
  db.close()
  return Buffer.from(key)
}
