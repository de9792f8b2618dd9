import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { Fault, type Said } from '#devices/fault.ts'
import type { BodyOf } from '#rules/event.ts'
import { openTrail, type Trail } from '../access/trail.ts'
import { backupFolder, copyDatabase } from '../store/recovery.ts'
import { inTransaction } from '../store/schema.ts'
import { type PrivateDocs, type PrivateKind, PHONES_OF } from './kinds.ts'
import { type MasterKey, masterKey } from './master-key.ts'
import { normalPhone } from './phone.ts'
import { emptyWriteAhead, eraseFromCopy, eraserOf } from './erasure.ts'
import { copiedAt, openPrivateDatabase, PRIVATE_FILE } from './private-database.ts'
import type { Sealing } from './sealing.ts'

export type PrivateEvent = BodyOf<'private.changed'> | BodyOf<'private.erased'>
type Place<K extends PrivateKind> = Readonly<{ kind: K; id: string; subject: string }>
/** `version` counts the changes from 1; `updatedAt` is site time in ms. */
export type PrivateRecord<K extends PrivateKind> = Place<K> &
  Readonly<{ version: number; updatedAt: number; doc: PrivateDocs[K] }>
/** `subject` is whose it is: with that erased, it is gone. `bytes` is for what is no text; left out it stays. */
export type PrivateEntry<K extends PrivateKind> = Place<K> & Readonly<{ doc: PrivateDocs[K]; bytes?: Uint8Array }>

/**
 * The third truth: names, phones, photos and free text, sealed under a key of each subject. Events carry ids only; what
 * is changed here is told to the journal by id. Everything but `trouble`, `flush`, `backupDaily` and `close` throws the
 * trouble's fault while there is one.
 */
export type PrivateStore = Readonly<{
  /** Why nothing can be read (the key, the file), or that a backup had to take the file's place; null when all is well. */
  trouble(): Said | null
  /** `by` is the account that did it. False when nothing is different. */
  put<K extends PrivateKind>(entry: PrivateEntry<K>, by: string): boolean
  get<K extends PrivateKind>(kind: K, id: string): PrivateRecord<K> | null
  bytes(kind: PrivateKind, id: string): Buffer | null
  /** In the order of their ids; of one subject, when it is named. */
  list<K extends PrivateKind>(kind: K, subject?: string): readonly PrivateRecord<K>[]
  /** However the number is written. */
  findByPhone(phone: string): readonly Place<PrivateKind>[]
  /** False when there was none. */
  remove(kind: PrivateKind, id: string, by: string): boolean
  /** Destroys the subject's key and all that was sealed under it; its copy is made anew at once. False when unknown. */
  erase(subject: string, by: string): boolean
  /** All of it or nothing, one commit. Not within another. */
  transaction<T>(work: () => T): T
  flush(record: (event: PrivateEvent) => Promise<void>): Promise<void>
  backupDaily(now: number): Promise<void>
  close(): void
}>

const BACKUP_EVERY_MS = 24 * 3_600_000
const SUBJECTS_IN_AN_EVENT = 500
/** What a right key opens. */
const CHECK = 'caretaker private store'

type Row = Readonly<{ kind: PrivateKind; id: string; subject: string; version: number; updated_at: number }> &
  Readonly<{ doc: Uint8Array; bytes: Uint8Array | null }>

export function openPrivate(
  folder: string,
  { random, now, key = masterKey(folder, random) }: { random: Random; now: () => number; key?: MasterKey },
): PrivateStore {
  const { db, said } = openPrivateDatabase(folder)
  const trouble = (db && (key.trouble ?? wrongKey(db, key.sealing))) ?? said
  if (!db || !key.sealing || (trouble && trouble !== said)) return closedStore(db, trouble!)
  return openStore(folder, db, key.sealing, now, said)
}

/** The right key opens what the first one sealed. */
function wrongKey(db: DatabaseSync, sealing: Sealing): Said | null {
  const row = db.prepare("select value from meta where name = 'check'").get() as { value: Uint8Array } | undefined
  if (!row) {
    db.prepare("insert into meta (name, value) values ('check', ?)").run(sealing.seal('check', '', Buffer.from(CHECK)))
    return null
  }
  try {
    sealing.open('check', '', row.value)
    return null
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { code: error.code, params: error.params }
  }
}

function closedStore(db: DatabaseSync | null, said: Said): PrivateStore {
  const refuse = () => {
    throw new Fault(said.code, said.params)
  }
  const use = { put: refuse, get: refuse, bytes: refuse, list: refuse, findByPhone: refuse }
  const change = { remove: refuse, erase: refuse, transaction: refuse }
  return {
    ...use,
    ...change,
    trouble: () => said,
    flush: () => Promise.resolve(),
    backupDaily: () => Promise.resolve(),
    close: () => db?.close(),
  }
}

function openStore(
  folder: string,
  db: DatabaseSync,
  sealing: Sealing,
  now: () => number,
  said: Said | null,
): PrivateStore {
  const trail: Trail<PrivateEvent> = openTrail(db)
  const keyOf = db.prepare('select key from subjects where id = ?')
  const addKey = db.prepare('insert into subjects (id, key) values (?, ?)')
  const select = db.prepare('select * from records where kind = ? and id = ?')
  // A list is of documents: the pictures beside them would fill the memory.
  const listed = 'kind, id, subject, version, updated_at, doc'
  const selectAll = db.prepare(`select ${listed} from records where kind = ? order by id`)
  const selectOf = db.prepare(`select ${listed} from records where subject = ? and kind = ? order by id`)
  const upsert =
    db.prepare(`insert into records (kind, id, subject, version, updated_at, doc, bytes) values (?, ?, ?, ?, ?, ?, ?)
    on conflict do update set subject = excluded.subject, version = excluded.version, updated_at = excluded.updated_at,
    doc = excluded.doc, bytes = excluded.bytes`)
  const deleteRecord = db.prepare('delete from records where kind = ? and id = ?')
  const deletePhones = db.prepare('delete from phones where kind = ? and id = ?')
  const addPhone = db.prepare('insert or ignore into phones (mac, kind, id) values (?, ?, ?)')
  const eraseOne = eraserOf(db)
  const markCopyDue = db.prepare("insert or replace into meta (name, value) values ('copy_due', randomblob(8))")
  const copyDue = db.prepare("select value from meta where name = 'copy_due'")
  const copyDone = db.prepare("delete from meta where name = 'copy_due' and value = ?")
  const selectPhone = db.prepare(
    'select kind, id, subject from phones join records using (kind, id) where mac = ? order by kind, id',
  )
  /** Of the transaction that runs: told as one event for each kind and person who did it. */
  let changed: Map<string, { kind: string; by: string; subjects: Set<string> }> | null = null
  let erased: string[] = []
  /** Somebody was erased whose wrapped key may still stand in the write-ahead file; also before a restart. */
  let isLogDue = copyDue.get() !== undefined

  function transaction<T>(work: () => T): T {
    erased = []
    try {
      const result = inTransaction(db, () => {
        changed = new Map()
        const done = work()
        for (const { kind, by, subjects } of changed.values())
          for (const some of inParts([...subjects], SUBJECTS_IN_AN_EVENT))
            trail.note({ type: 'private.changed', kind, subjects: some, by })
        // The copy first: whichever of both is left after a crash, nobody returns with it.
        eraseFromCopy(folder, erased)
        return done
      })
      isLogDue ||= erased.length > 0
      emptyLog()
      return result
    } finally {
      changed = null
    }
  }
  function emptyLog(): void {
    if (isLogDue) isLogDue = !emptyWriteAhead(db)
  }
  function within<T>(work: () => T): T {
    return changed ? work() : transaction(work)
  }
  function noteChange(kind: string, subject: string, by: string): void {
    const group = `${kind} ${by}`
    const entry = changed!.get(group) ?? { kind, by, subjects: new Set<string>() }
    changed!.set(group, entry)
    entry.subjects.add(subject)
  }

  function dataKey(subject: string): Buffer | null {
    const row = keyOf.get(subject) as { key: Uint8Array } | undefined
    return row ? sealing.open('data-keys', subject, row.key) : null
  }
  function keyFor(subject: string): Buffer {
    const known = dataKey(subject)
    if (known) return known
    const key = sealing.newKey()
    addKey.run(subject, sealing.seal('data-keys', subject, key))
    return key
  }
  /** Several rows of one subject share its key. */
  function recordsOf<K extends PrivateKind>(rows: readonly Omit<Row, 'bytes'>[]): PrivateRecord<K>[] {
    const keys = new Map<string, Buffer | null>()
    return rows.flatMap((row) => {
      const { kind, id, subject, version, updated_at: updatedAt } = row
      if (!keys.has(subject)) keys.set(subject, dataKey(subject))
      const key = keys.get(subject)
      if (!key) return []
      const doc = JSON.parse(sealing.openUnder(key, `${kind} ${id}`, row.doc).toString('utf8')) as PrivateDocs[K]
      return [{ kind: kind as K, id, subject, version, updatedAt, doc }]
    })
  }
  function rowOf(kind: PrivateKind, id: string): Row | null {
    return (select.get(kind, id) as Row | undefined) ?? null
  }
  function bytesOf(row: Row): Buffer | null {
    const key = row.bytes && dataKey(row.subject)
    return key ? sealing.openUnder(key, `${row.kind} ${row.id} bytes`, row.bytes!) : null
  }

  return {
    trouble: () => said,
    transaction,
    put: ({ kind, id, subject, doc, bytes }, by) =>
      within(() => {
        const row = rowOf(kind, id)
        const text = JSON.stringify(doc)
        const [before] = row ? recordsOf(row.subject === subject ? [row] : []) : []
        const picture = bytes ?? (row ? bytesOf(row) : null)
        if (before && JSON.stringify(before.doc) === text && bytes === undefined) return false
        const key = keyFor(subject)
        const sealedBytes = picture && sealing.sealUnder(key, `${kind} ${id} bytes`, picture)
        const sealedDoc = sealing.sealUnder(key, `${kind} ${id}`, Buffer.from(text))
        upsert.run(kind, id, subject, (row?.version ?? 0) + 1, now(), sealedDoc, sealedBytes)
        deletePhones.run(kind, id)
        for (const phone of PHONES_OF[kind](doc)) {
          const number = phone === null ? null : normalPhone(phone)
          if (number !== null) addPhone.run(sealing.fingerprint(number), kind, id)
        }
        noteChange(kind, subject, by)
        return true
      }),
    get<K extends PrivateKind>(kind: K, id: string) {
      const row = rowOf(kind, id)
      return row ? (recordsOf<K>([row])[0] ?? null) : null
    },
    bytes(kind, id) {
      const row = rowOf(kind, id)
      return row && bytesOf(row)
    },
    list<K extends PrivateKind>(kind: K, subject?: string) {
      const rows = subject === undefined ? selectAll.all(kind) : selectOf.all(subject, kind)
      return recordsOf<K>(rows as unknown as Omit<Row, 'bytes'>[])
    },
    findByPhone(phone) {
      const number = normalPhone(phone)
      return number === null ? [] : (selectPhone.all(sealing.fingerprint(number)) as unknown as Place<PrivateKind>[])
    },
    remove: (kind, id, by) =>
      within(() => {
        const row = rowOf(kind, id)
        if (!row) return false
        deletePhones.run(kind, id)
        deleteRecord.run(kind, id)
        noteChange(kind, row.subject, by)
        return true
      }),
    erase: (subject, by) =>
      within(() => {
        if (!eraseOne(subject)) return false
        // Another copy is due, also after a restart: this one is not all there any more, if we are taken back.
        markCopyDue.run()
        trail.note({ type: 'private.erased', subject, by })
        erased.push(subject)
        return true
      }),
    flush(record) {
      emptyLog()
      return trail.flush(record)
    },
    async backupDaily(at) {
      emptyLog()
      const due = copyDue.get() as { value: Uint8Array } | undefined
      const copied = copiedAt(folder)
      if (!due && copied !== null && Math.abs(at - copied) < BACKUP_EVERY_MS) return
      await copyDatabase(db, PRIVATE_FILE, backupFolder(folder))
      // Somebody else erased meanwhile has marked it anew. While the write-ahead file is not empty, a restart must know.
      if (due && !isLogDue) copyDone.run(due.value)
    },
    close: () => db.close(),
  }
}

function inParts<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
