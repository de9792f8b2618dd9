import type { ApiContext } from '../context.ts'

export type Origin = Readonly<{ rule: string; device: string }>

const KEPT = 10_000

/** Which rule and device an alarm came from. It never changes, so it is asked for once. */
export class AlarmOrigins {
  readonly #read: Pick<ApiContext['read'], 'get'>
  readonly #known = new Map<string, Origin>()

  constructor(read: Pick<ApiContext['read'], 'get'>) {
    this.#read = read
  }

  /** In the order asked for; an alarm that is not there is left out. */
  async of(alarms: readonly string[]): Promise<Origin[]> {
    const found = await Promise.all(alarms.map((alarm) => this.#find(alarm)))
    return found.filter((origin) => origin !== null)
  }

  async #find(id: string): Promise<Origin | null> {
    const known = this.#known.get(id)
    if (known) return known
    const alarm = await this.#read.get('alarms', id)
    if (!alarm) return null
    const origin = { rule: alarm.rule, device: alarm.device }
    if (this.#known.size >= KEPT) this.#known.clear()
    this.#known.set(id, origin)
    return origin
  }
}
