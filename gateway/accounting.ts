export type Outcome = 'stored' | 'deduplicated' | 'rejected'
export type Account = Readonly<{
  received: number
  stored: number
  queued: number
  deduplicated: number
  rejected: Readonly<Record<string, number>>
}>

/**
 * Received = stored + queued + deduplicated + rejected(reason), per source, always. Counted in batches: one poll reply
 * or one message.
 */
export class Accounting {
  readonly #accounts = new Map<
    string,
    { received: number; stored: number; queued: number; deduplicated: number; rejected: Map<string, number> }
  >()

  receive(source: string): void {
    const account = this.#of(source)
    account.received++
    account.queued++
  }

  settle(source: string, outcome: Outcome, reason = ''): void {
    const account = this.#of(source)
    account.queued--
    if (outcome === 'rejected') account.rejected.set(reason, (account.rejected.get(reason) ?? 0) + 1)
    else account[outcome]++
  }

  /** Refused at the door: received and rejected in one. */
  refuse(source: string, reason: string, count = 1): void {
    const account = this.#of(source)
    account.received += count
    account.rejected.set(reason, (account.rejected.get(reason) ?? 0) + count)
  }

  read(): ReadonlyMap<string, Account> {
    return new Map(
      [...this.#accounts].map(([source, account]) => [
        source,
        { ...account, rejected: Object.fromEntries(account.rejected) },
      ]),
    )
  }

  #of(source: string) {
    let account = this.#accounts.get(source)
    if (!account) {
      account = { received: 0, stored: 0, queued: 0, deduplicated: 0, rejected: new Map() }
      this.#accounts.set(source, account)
    }
    return account
  }
}
