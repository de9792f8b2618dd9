import type { Params, Problem } from './types.ts'

/** The gateway said no, in words for the person (`detail`, in the language of the page) and for the program (`code`). */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly params: Params
  readonly retryAfterS: number | null
  constructor({ status, code, detail, params }: Problem, retryAfterS: number | null) {
    super(detail)
    this.status = status
    this.code = code
    this.params = params
    this.retryAfterS = retryAfterS
  }
}

export type Connection = Readonly<{
  get<T>(path: string): Promise<T>
  /** Null where the role may not look, or where there is nothing. */
  getIfThere<T>(path: string): Promise<T | null>
  /** `key` names one action of a person: sent twice with the same key, it has one effect. */
  send<T>(method: 'POST' | 'DELETE', path: string, body?: object, key?: string): Promise<T>
}>

const API = '/api/v1'

type Init = Readonly<{ method: string; headers?: Readonly<Record<string, string>>; body?: string }>

/** Requests to the gateway that served this page. The session is a cookie, which no script can read. */
export function connection(language: () => string, onSignedOut: (problem: Refusal) => void): Connection {
  async function request<T>(path: string, init: Init): Promise<T> {
    const answer = await fetch(API + path, {
      ...init,
      headers: { ...init.headers, 'accept-language': language() },
      credentials: 'same-origin',
    })
    if (answer.ok) return (answer.status === 204 ? null : await answer.json()) as T
    const refusal = await refusalOf(answer)
    if (refusal.code === 'unauthenticated') onSignedOut(refusal)
    throw refusal
  }
  const get = <T>(path: string) => request<T>(path, { method: 'GET' })

  return {
    get,
    async getIfThere<T>(path: string) {
      try {
        return await get<T>(path)
      } catch (error) {
        if (error instanceof Refusal && (error.status === 403 || error.status === 404)) return null
        throw error
      }
    },
    send: (method, path, body, key) =>
      request(path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  }
}

async function refusalOf(answer: Response): Promise<Refusal> {
  const retryAfter = Number(answer.headers.get('retry-after') ?? NaN)
  const told = (await answer.json().catch(() => null)) as Partial<Problem> | null
  return new Refusal(
    {
      status: answer.status,
      code: told?.code ?? 'internal',
      detail: told?.detail ?? answer.statusText,
      params: told?.params ?? {},
    },
    Number.isFinite(retryAfter) ? retryAfter : null,
  )
}

/** Random and of one action. `crypto.randomUUID` is missing on plain http in a local network; this is not. */
export function actionKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
