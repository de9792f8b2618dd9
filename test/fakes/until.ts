import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for what a real wire brings: the first truthy value of `probe`, or an error naming `what` at the deadline. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadlineMs = 20_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + deadlineMs
  for (let probes = 0; ; probes++) {
    const found = await probe()
    if (found) return found as Exclude<T, false | null | undefined>
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    // Eager at first, then sparing: the machine has two cores and the product under test wants them.
    await sleep(probes < 50 ? 2 : 40)
  }
}
