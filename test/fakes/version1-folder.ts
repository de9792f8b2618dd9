import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Batch, Quality, Reading } from '#devices/reading.ts'
import { chainHash, GENESIS } from '#gateway/store/hash-chain.ts'

const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad']

/** A data folder as the first release left it: its own SQL, its own JSON. */
export function writeVersion1(
  folder: string,
  batches: readonly Batch[],
  cursors: Readonly<Record<string, number>>,
): void {
  mkdirSync(folder, { recursive: true })
  const readings = new DatabaseSync(join(folder, 'readings.db'))
  readings.exec(`pragma journal_mode = wal; begin;
    create table batches (id integer primary key, source text not null, received_at integer not null, key text, body text not null) strict;
    create index batches_with_key on batches (id) where key is not null;
    create index batches_by_time on batches (received_at);
    create table cursors (target text primary key, batch integer not null) strict;
    create table quarantine (id integer primary key, at integer not null, origin text not null, reason text not null, body text not null) strict;
    pragma user_version = 1`)
  const insert = readings.prepare('insert into batches (id, source, received_at, key, body) values (?, ?, ?, ?, ?)')
  for (const [index, { source, receivedAt, key, readings: of }] of batches.entries())
    insert.run(index + 1, source, receivedAt, key ?? null, JSON.stringify(of.map(itemOf)))
  for (const [target, batch] of Object.entries(cursors))
    readings.prepare('insert into cursors (target, batch) values (?, ?)').run(target, batch)
  readings.prepare("insert into quarantine (at, origin, reason, body) values (1, 's', 'no reason', '{}')").run()
  readings.exec('commit')
  readings.close()
  writeJournal(folder, batches.length)
}

/** Bad data has five or six items, a time that cannot be trusted seven. */
function itemOf({ device, point, value, at, quality, reason, timeQuality }: Reading): unknown[] {
  if (timeQuality === 'bad') return [device, point, value, at, QUALITIES.indexOf(quality), reason ?? null, 'bad']
  if (quality === 'good') return [device, point, value, at]
  return [device, point, value, at, QUALITIES.indexOf(quality), reason ?? null]
}

function writeJournal(folder: string, judged: number): void {
  const journal = new DatabaseSync(join(folder, 'journal.db'))
  journal.exec(`pragma journal_mode = wal; begin;
    create table events (seq integer primary key, at integer not null, type text not null, body text not null, hash blob not null) strict;
    create table meta (key text primary key, value text not null) strict;
    create table snapshots (seq integer primary key, body text not null) strict;
    create table keyframes (batch integer primary key, plan text not null, body text not null) strict;
    create table answers (id text primary key, fingerprint text not null, at integer not null, body text not null) strict;
    create index answers_by_time on answers (at);
    create table alarms (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
    create table orders (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
    create table notices (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
    create table outbox (id text primary key, seq integer not null, channel text not null, state text not null, attempts integer not null, next_at integer not null, doc text not null) strict;
    pragma user_version = 1`)
  journal.prepare("insert into meta (key, value) values ('projections', '2')").run()
  journal.prepare("insert into meta (key, value) values ('readings_upto', ?)").run(String(judged))
  let hash: Uint8Array = GENESIS
  for (let seq = 1; seq <= 50; seq++) {
    const body = JSON.stringify({ type: 'clock.stepped', byMs: seq, trace: 't', seq, at: seq })
    hash = chainHash(hash, seq, seq, body)
    journal
      .prepare('insert into events (seq, at, type, body, hash) values (?, ?, ?, ?, ?)')
      .run(seq, seq, 'clock.stepped', body, hash)
  }
  journal.exec('commit')
  journal.close()
}
