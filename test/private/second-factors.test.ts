import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Fault } from '#devices/fault.ts'
import { openDatabase } from '#gateway/access/database.ts'
import { openSecondFactors } from '#gateway/access/second-factors.ts'
import { codeAt } from '#gateway/access/totp.ts'
import { masterKey } from '#gateway/private/master-key.ts'
import { systemRandom } from '#gateway/random.ts'

const SECRET = Buffer.from('twenty bytes, secret')
const NOW = 1_000_000
const random = systemRandom()

function open(folder: string) {
  const db = openDatabase(folder)
  const clock = { now: () => NOW, speed: 1 }
  return { db, factors: openSecondFactors(db, random, clock, () => NOW, masterKey(folder, random)) }
}

t.test('S10: a second factor of an earlier version is sealed at the next start, and its bytes are gone', (t) => {
  const folder = t.testdir({})
  const old = openDatabase(folder)
  old.prepare('insert into totp (account, secret, used_step) values (?, ?, ?)').run('ada', SECRET, 0)
  old.close()
  const { db, factors } = open(folder)
  for (const name of ['access.db', 'access.db-wal']) t.notOk(readFileSync(join(folder, name)).includes(SECRET), name)
  t.equal(factors.has('ada'), true)
  t.equal(factors.use('ada', codeAt(SECRET, NOW)), true, 'and the authenticator goes on')
  t.equal(factors.use('ada', codeAt(SECRET, NOW)), false)
  db.close()
  t.end()
})

t.test('S10: a new one is sealed, bound to its account, and without its key says why it cannot be looked at', (t) => {
  const folder = t.testdir({})
  const first = open(folder)
  const { secret } = first.factors.begin('ada')
  first.factors.confirm('ada', codeAt(secret, NOW))
  first.db.exec("insert into totp (account, secret, used_step) select 'eve', secret, 0 from totp")
  t.throws(() => first.factors.use('eve', codeAt(secret, NOW)), { code: 'private_key_wrong' })
  first.db.close()
  t.notOk(readFileSync(join(folder, 'access.db')).includes(secret))

  copyFileSync(join(folder, 'private.key'), join(folder, 'kept.key'))
  writeFileSync(join(folder, 'private.key'), `${random.token()}\n`)
  const { db, factors } = open(folder)
  t.throws(
    () => factors.use('ada', codeAt(secret, NOW)),
    new Fault('private_key_wrong', { file: join(folder, 'private.key') }),
  )
  t.equal(factors.has('ada'), true, 'the password alone is not enough now')
  t.equal(factors.clear('ada'), true, 'and the way back is open')
  db.close()
  writeFileSync(join(folder, 'private.key'), '')
  const torn = open(folder)
  t.throws(() => torn.factors.begin('bob'), { code: 'private_key_torn' })
  torn.db.close()
  t.end()
})
