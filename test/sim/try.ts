import { simSite, aroundTheClock } from './estate.ts'
import { chaosRun, exactRun } from './run.ts'
import { difference, withoutRestarts } from './same-events.ts'
const site = simSite()
const plan = aroundTheClock(site.plan)
const [mode, from, to] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const restarts = Number(process.argv[5] ?? 25)
for (let seed = from; seed <= to; seed++) {
  const t0 = performance.now()
  try {
    if (mode === 'chaos') {
      const r = await chaosRun({ seed, site, plan: site.plan, minutes: 20 })
      console.log(seed, JSON.stringify(r.count), Math.round(performance.now() - t0))
    } else {
      const a = await exactRun({ seed, site, plan, minutes: 20, restarts: 0 })
      const t1 = performance.now()
      const b = await exactRun({ seed, site, plan, minutes: 20, restarts })
      console.log(seed, JSON.stringify(b.count), Math.round(t1 - t0), Math.round(performance.now() - t1), difference(withoutRestarts(a.events), withoutRestarts(b.events)))
    }
  } catch (e) {
    console.log(seed, String((e as Error).stack).slice(0, 1800))
  }
}
