/** The part of the gateway's HTTP API that the played staff uses, and the shapes it relies on. */

export type OpenOrder = Readonly<{
  id: string
  state: string
  assignee: string | null
  devices: readonly string[]
  alarmIds: readonly string[]
}>
export type OpenAlarm = Readonly<{ id: string; state: string; orderId: string | null }>
export type OpenNotice = Readonly<{ id: string; state: string }>
/** A door, a call or a sheet that a notice asks for. */
export type Errand = Readonly<{ id: string; state: string }>

/** `refused` was understood and not allowed (4xx); `away` means no usable answer came, so the command may have worked. */
export type Outcome = Readonly<{ kind: 'done' } | { kind: 'refused' | 'away'; why: string }>

export type StaffApi = Readonly<{
  orders(token: string): Promise<readonly OpenOrder[]>
  alarms(token: string): Promise<readonly OpenAlarm[]>
  notices(token: string): Promise<readonly OpenNotice[]>
  errands(token: string): Promise<readonly Errand[]>
  /** Never throws. */
  command(path: string, token: string, key: string, body: object): Promise<Outcome>
}>

/** The answer to a local request; a library time-out, so real time. */
const ANSWER_WITHIN_MS = 10_000

export function staffApi(baseUrl: string, signal: AbortSignal): StaffApi {
  const call = (
    path: string,
    token: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) =>
    fetch(new URL(`/api/v1${path}`, baseUrl), {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    })
  const list = async (path: string, token: string): Promise<unknown[]> => {
    const answer = await call(path, token)
    const body: unknown = await answer.json()
    const { items } = isRecord(body) ? body : {}
    if (!answer.ok || !Array.isArray(items)) throw new Error(`${path} answered ${answer.status}`)
    return items
  }
  return {
    orders: async (token) => (await list('/orders?state=open', token)).flatMap(readOrder),
    alarms: async (token) => (await list('/alarms?state=open', token)).flatMap(readAlarm),
    notices: async (token) => (await list('/notices?state=open', token)).flatMap(readStanding),
    errands: async (token) => (await list('/reach-tasks?state=open', token)).flatMap(readStanding),
    async command(path, token, key, body) {
      try {
        const answer = await call(path, token, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify(body),
        })
        const said = await answer.text()
        if (answer.ok) return { kind: 'done' }
        return { kind: answer.status < 500 ? 'refused' : 'away', why: `${answer.status} ${said.slice(0, 200)}` }
      } catch (error) {
        return { kind: 'away', why: reasonOf(error) }
      }
    },
  }
}

/** `fetch failed` says nothing, its cause does. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

function readOrder(item: unknown): OpenOrder[] {
  if (!isRecord(item) || typeof item['id'] !== 'string' || typeof item['state'] !== 'string') return []
  const devices = new Set([...textsOf(item['device']), ...textsOf(item['devices'])])
  const [assignee = null] = textsOf(item['assignee'])
  return [
    { id: item['id'], state: item['state'], assignee, devices: [...devices], alarmIds: textsOf(item['alarmIds']) },
  ]
}

function readAlarm(item: unknown): OpenAlarm[] {
  if (!isRecord(item) || typeof item['id'] !== 'string' || typeof item['state'] !== 'string') return []
  const [orderId = null] = textsOf(item['orderId'])
  return [{ id: item['id'], state: item['state'], orderId }]
}

function readStanding(item: unknown): { id: string; state: string }[] {
  if (!isRecord(item) || typeof item['id'] !== 'string' || typeof item['state'] !== 'string') return []
  return [{ id: item['id'], state: item['state'] }]
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
