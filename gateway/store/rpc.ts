import type { MessagePort, Worker } from 'node:worker_threads'
import { Fault, type FaultCode, type Params } from '#devices/fault.ts'

type Port = Worker | MessagePort
type Call = Readonly<{ id: number; method: string; args: readonly unknown[] }>
/** What lives in the other thread. */
type Target = Readonly<{ close(): void }>
type Reply = Readonly<{ id: number; result?: unknown; error?: { message: string; code?: FaultCode; params?: Params } }>

/** Methods of an object in another thread, each as a promise. */
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never
}

/** The first message of a thread: its target is open, or why not. */
export type Opened = Readonly<{ refusal: NonNullable<Reply['error']> | null }>

/**
 * Answers calls on a port by the methods of what `open` gives, one after the other, in order. One that returns a promise
 * is answered when that settles, and holds up no other meanwhile. After an error that `isFatal` the target is closed, and
 * opened again for the next call.
 */
export function serve(port: Port, open: () => Target, isFatal: (error: unknown) => boolean = () => false): void {
  let target: Target | null = null
  const refuse = (id: number, error: unknown) => port.postMessage({ id, error: saidOf(error) } satisfies Reply)
  const fail = (id: number, error: unknown) => {
    if (isFatal(error)) {
      closeQuietly(target)
      target = null
    }
    refuse(id, error)
  }
  port.on('message', ({ id, method, args }: Call) => {
    const answer = (result: unknown) => port.postMessage({ id, result } satisfies Reply)
    try {
      target ??= open()
      const result = (target as unknown as Record<string, (...args: unknown[]) => unknown>)[method]!(...args)
      if (result instanceof Promise) result.then(answer, (error: unknown) => fail(id, error))
      else answer(result)
    } catch (error) {
      fail(id, error)
    }
  })
  try {
    target = open()
    port.postMessage({ refusal: null } satisfies Opened)
  } catch (error) {
    port.postMessage({ refusal: saidOf(error) } satisfies Opened)
  }
}

function closeQuietly(target: Target | null): void {
  try {
    target?.close()
  } catch {
    // It failed already: that is why it is closed.
  }
}

function saidOf(error: unknown): NonNullable<Reply['error']> {
  const fault = error instanceof Fault ? { code: error.code, params: error.params } : {}
  return { message: error instanceof Error ? error.message : String(error), ...fault }
}

/** What another thread said went wrong. */
export function errorOf({ code, params, message }: NonNullable<Reply['error']>): Error {
  return code ? new Fault(code, params) : new Error(message)
}

/** The calling side. `fail` ends all calls under way: the thread is gone. */
export function connect<T extends object>(
  port: Port,
  methods: readonly (keyof T & string)[],
): { remote: Remote<T>; fail: (error: Error) => void } {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let newest = 0
  let failure: Error | null = null
  port.on('message', ({ id, result, error }: Reply) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (!error) call?.resolve(result)
    else call?.reject(errorOf(error))
  })
  const remote = Object.fromEntries(
    methods.map((method) => [
      method,
      (...args: unknown[]) =>
        new Promise((resolve, reject) => {
          if (failure) return reject(failure)
          waiting.set(++newest, { resolve, reject })
          port.postMessage({ id: newest, method, args } satisfies Call)
        }),
    ]),
  )
  return {
    remote: remote as Remote<T>,
    fail(error) {
      failure = error
      for (const call of waiting.values()) call.reject(error)
      waiting.clear()
    },
  }
}
