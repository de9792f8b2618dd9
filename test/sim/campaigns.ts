import { execFileSync } from 'node:child_process'
import { aroundTheClock, simSite } from './estate.ts'
import { Violation } from './invariants.ts'
import { chaosRun, exactRun, type Outcome, START_AT } from './run.ts'
import { difference, withoutRestarts } from './same-events.ts'

const MINUTE_MS = 60_000
const site = simSite()
/** Of so few devices two at once are a loss, and five alarms a flood. */
const alarms = { lossDevices: 2, lossGraceMs: MINUTE_MS, floodLimit: 5 }
const plan = { ...site.plan, settings: { ...site.plan.settings, alarms } }
const roundTheClock = aroundTheClock(plan)

export type Campaign = (seed: number) => Promise<Outcome>

/** The same inputs without and with restarts, between the two commits too, lead to the same events. */
export const replayCampaign: Campaign = async (seed) => {
  const run = { seed, site, plan: roundTheClock, minutes: 15 }
  const undisturbed = await exactRun({ ...run, restarts: 0 })
  const restarted = await exactRun({ ...run, restarts: 40 })
  if (restarted.count.blind > 0) throw new Violation('a restart in no time was blind')
  const differs = difference(withoutRestarts(undisturbed.events), withoutRestarts(restarted.events))
  if (differs) throw new Violation(`restarts changed what happened: ${differs}`)
  return restarted
}

/** Crashes, disk faults, poison, slow commits, outages and wall steps, all at once. */
export const chaosCampaign: Campaign = (seed) => chaosRun({ seed, site, plan, minutes: 20 })

/** The wall clock jumps by hours and days; but for the jumps themselves, nothing happens otherwise or at another time. */
export const wallCampaign: Campaign = async (seed) => {
  const run = { seed, site, plan: roundTheClock, minutes: 10, restarts: 0 }
  const wallSteps = [86_400_000, -3_600_000, -86_400_000, 3_600_000, -86_400_000].map((byMs, i) => ({
    at: START_AT + 45_000 + i * 2 * MINUTE_MS,
    byMs,
  }))
  const steady = await exactRun({ ...run, wallSteps: [] })
  const stepped = await exactRun({ ...run, wallSteps })
  const steps = stepped.events.filter(({ type }) => type === 'clock.stepped').length
  if (steps !== wallSteps.length) throw new Violation(`${steps} of ${wallSteps.length} steps were journaled`)
  const differs = difference(
    withoutRestarts(steady.events),
    withoutRestarts(stepped.events, ({ type }) => type === 'clock.stepped'),
  )
  if (differs) throw new Violation(`the wall clock changed what happened: ${differs}`)
  return stepped
}

/** Runs a campaign's seeds; a failure names seed and commit, which together replay it exactly. */
export async function runSeeds(
  campaign: Campaign,
  seeds: Iterable<number>,
): Promise<{ runs: number; count: Outcome['count']; simulatedMs: number }> {
  const total: Record<string, number> = {}
  let simulatedMs = 0
  let runs = 0
  for (const seed of seeds) {
    const outcome = await campaign(seed).catch((error: Error) => {
      throw new Error(`SIM_SEED=${seed} at commit ${commit()}: ${error.message}`, { cause: error })
    })
    for (const [name, value] of Object.entries(outcome.count)) total[name] = (total[name] ?? 0) + value
    simulatedMs += outcome.simulatedMs
    runs++
  }
  return { runs, count: total as Outcome['count'], simulatedMs }
}

export function* seedsFrom(found: readonly number[], first: number, count: number): Generator<number> {
  yield* found
  for (let seed = first; seed < first + count; seed++) yield seed
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
