import type { DatabaseSync } from 'node:sqlite'
import type { BodyOf, EventType } from '#rules/event.ts'

type AccessEventType = Extract<EventType, 'token.created' | `access.${string}`>
/** What happened at the door. It names accounts by id; no name, address or secret stands in it. */
export type AccessEvent = { [T in AccessEventType]: BodyOf<T> }[AccessEventType]

export type Trail<E = AccessEvent> = Readonly<{
  /** In the same transaction as the change it tells of: neither is ever there without the other. */
  note(event: E): void
  /** Hands what is noted to the journal, in order. Resolves when all of it is durable there. */
  flush(record: (event: E) => Promise<void>): Promise<void>
}>

/** What the journal does not know yet: the journal is another file with another writer, and may be away. `db` has its table. */
export function openTrail<E = AccessEvent>(db: DatabaseSync): Trail<E> {
  const insert = db.prepare('insert into trail (event) values (?)')
  const oldest = db.prepare('select place, event from trail order by place limit 1')
  const remove = db.prepare('delete from trail where place = ?')
  let running = Promise.resolve()

  async function drain(record: (event: E) => Promise<void>): Promise<void> {
    for (;;) {
      const row = oldest.get() as { place: number; event: string } | undefined
      if (!row) return
      await record(JSON.parse(row.event) as E)
      remove.run(row.place)
    }
  }
  return {
    note: (event) => void insert.run(JSON.stringify(event)),
    flush(record) {
      // One at a time: two would tell the same event twice. What failed for one may succeed for the next.
      const drained = running.then(() => drain(record))
      running = drained.catch(() => {})
      return drained
    },
  }
}
