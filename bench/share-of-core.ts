import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export const MEASURED_MS = 20_000
/** The kernel counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** What a process spends, all its threads, over the next 20 s. */
export async function shareOfCore(pid: number): Promise<number> {
  const start = processorSeconds(pid)
  await sleep(MEASURED_MS)
  return (processorSeconds(pid) - start) / (MEASURED_MS / 1_000)
}

function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
