import type { MessagePort, Worker } from 'node:worker_threads'
import { Fault, type FaultCode, type Params } from '#devices/fault.ts'

type Port = Worker | MessagePort
type Call = Readonly<{ id: number; method: string; args: readonly unknown[] }>
type Reply = Readonly<{ id: number; result?: unknown; error?: { message: string; code?: FaultCode; params?: Params } }>

/** Methods of an object in another thread, each as a promise. */
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never
}

/** Answers calls on a port by the methods of `target`, one after the other, in order. */
export function serve(port: Port, target: object): void {
  port.on('message', ({ id, method, args }: Call) => {
    try {
      const call = (target as Record<string, (...args: unknown[]) => unknown>)[method]!
      port.postMessage({ id, result: call.apply(target, [...args]) } satisfies Reply)
    } catch (error) {
      const fault = error instanceof Fault ? { code: error.code, params: error.params } : {}
      port.postMessage({
        id,
        error: { message: error instanceof Error ? error.message : String(error), ...fault },
      } satisfies Reply)
    }
  })
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
    else call?.reject(error.code ? new Fault(error.code, error.params) : new Error(error.message))
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
