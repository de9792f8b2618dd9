import t from 'tap'
import { chaosCampaign, replayCampaign, runSeeds, seedsFrom, wallCampaign } from './campaigns.ts'
import seeds from './seeds.json' with { type: 'json' }

t.setTimeout(380_000)

// A seed of a failure, to run it alone.
const asked = process.env['SIM_SEED']
const chosen = (found: readonly number[], first: number, count: number) =>
  asked === undefined ? seedsFrom(found, first, count) : [Number(asked)]

t.test('restarts at any point, between the two commits too, change nothing of what happens', async (t) => {
  const { runs, count } = await runSeeds(replayCampaign, chosen(seeds.replay, 1_000, 7))
  t.comment(JSON.stringify({ runs, ...count }))
  if (asked === undefined)
    t.ok(count.restarts >= 200 && count.raised >= 50 && count.cleared >= 30, 'enough happened to say so')
  if (asked === undefined) t.ok(count.requested >= 25 && count.locked >= 12, 'and enough was switched from afar')
})

t.test('whatever breaks, what was acknowledged is there, once, and every invariant holds', async (t) => {
  const { runs, count } = await runSeeds(chaosCampaign, chosen(seeds.chaos, 2_000, 12))
  t.comment(JSON.stringify({ runs, ...count }))
  const { raised, cleared, restarts, commitFailures, quarantined, blind, allClear } = count
  if (asked === undefined) {
    t.ok(raised >= 50 && cleared >= 30 && restarts >= 20, 'enough happened to say so')
    t.ok(commitFailures >= 10 && quarantined >= 1 && blind >= 5 && allClear >= 20, 'of every kind')
  }
})

t.test('F16 steps of the wall clock by hours and days move no delay, no escalation and no notice', async (t) => {
  const { runs, count } = await runSeeds(wallCampaign, chosen([], 3_000, 4))
  t.comment(JSON.stringify({ runs, ...count }))
  if (asked === undefined) t.ok(count.raised >= 20 && count.allClear >= 5, 'enough happened to say so')
})
