import { signal } from '@preact/signals'
import { actionKey, type Connection, Refusal } from '../../api/connection.ts'
import type { PhotoKind } from '../../api/order-types.ts'
import { sendPhoto } from './send-photo.ts'

/** Something done that the gateway does not know yet. `key` is the client's own: sent twice, it has one effect. */
export type Waiting = Readonly<{
  n?: number
  key: string
  order: string
  step: string
  by: string
  body: Readonly<Record<string, unknown>>
  photo?: Readonly<{ kind: PhotoKind; blob: Blob }>
  /** What the gateway said no with. */
  refused?: string
}>

const STORE = 'steps'
const AGAIN_MS = 5_000
/** Later it may be taken. */
const isPassing = (error: unknown) => !(error instanceof Refusal) || error.status >= 500 || error.status === 429

export type Outbox = ReturnType<typeof openOutbox>
let opened: Outbox | null = null

/** One for the whole page, made when the first screen of orders opens. */
export function outboxOf(connection: Connection): Outbox {
  opened ??= openOutbox(connection)
  return opened
}

/**
 * What is done in a basement waits in the browser's own database and is sent in its order when there is a connection, also
 * after the page was closed. What the gateway refuses stays, with its reason, until somebody has read it.
 */
function openOutbox(connection: Connection) {
  const waiting = signal<readonly Waiting[]>([])
  const isOffline = signal(false)
  let isSending = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const db = new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('caretaker-outbox', 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'n', autoIncrement: true })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no database'))
  })
  async function within<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const request = ask((await db).transaction(STORE, mode).objectStore(STORE))
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error('not kept'))
    })
  }
  const look = async () => {
    waiting.value = await within<Waiting[]>('readonly', (store) => store.getAll() as IDBRequest<Waiting[]>)
  }
  const drop = async ({ n }: Waiting) => {
    if (n !== undefined) await within('readwrite', (store) => store.delete(n))
    await look()
  }

  async function sendOne(entry: Waiting): Promise<void> {
    const { key, order, step, by, body, photo } = entry
    if (photo) await sendPhoto(connection, { order, by, key, ...photo, ...body })
    else await connection.send('POST', `/orders/${order}/${step}`, { by, ...body }, key)
  }

  async function flush(): Promise<void> {
    if (isSending) return
    isSending = true
    clearTimeout(timer)
    try {
      await look()
      for (const entry of waiting.peek().filter(({ refused }) => refused === undefined)) {
        try {
          await sendOne(entry)
          isOffline.value = false
          await drop(entry)
        } catch (error) {
          if (isPassing(error)) throw error
          const refused = (error as Refusal).message
          await within('readwrite', (store) => store.put({ ...entry, refused }))
          await look()
        }
      }
      isOffline.value = false
    } catch {
      isOffline.value = true
      timer = setTimeout(() => void flush(), AGAIN_MS)
    } finally {
      isSending = false
    }
  }

  addEventListener('online', () => void flush())
  void flush()
  return {
    waiting,
    isOffline,
    drop,
    flush,
    /** Kept first, then sent: what was done is not lost with the page. Resolves when it was tried once. */
    async add(entry: Omit<Waiting, 'key' | 'n'> & Readonly<{ key?: string }>): Promise<void> {
      await within('readwrite', (store) => store.add({ key: actionKey(), ...entry }))
      await flush()
    },
  }
}
