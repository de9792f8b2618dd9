import { spawnSync } from 'node:child_process'
import { reachWalk } from '#test/rules/reach-walks.ts'
import { chaosCampaign, replayCampaign, runSeeds } from '#test/sim/campaigns.ts'

// `node bench/soak.ts kill`: kill -9 at each write of a store's life, one after the other (F01, F11); takes long.
if (process.argv[2] === 'kill') {
  const env = { ...process.env, CARETAKER_KILLS: '100000' }
  for (const test of ['faults-kill', 'faults-version'])
    spawnSync(process.execPath, [`test/store/${test}.test.ts`], { env, stdio: 'inherit' })
  process.exit()
}

// `node bench/soak.ts kill-both`: gateway and a real InfluxDB killed 200 times in turn.
if (process.argv[2] === 'kill-both') {
  const env = { ...process.env, CARETAKER_KILLS: '200', TAP_TIMEOUT: '3600' }
  spawnSync(process.execPath, ['test/real/kill-both.test.ts'], { env, stdio: 'inherit' })
  process.exit()
}

// `node bench/soak.ts kill-process`: the gateway under load, killed a hundred times (F01).
if (process.argv[2] === 'kill-process') {
  const env = { ...process.env, CARETAKER_KILLS: '100', TAP_TIMEOUT: '3600' }
  spawnSync(process.execPath, ['test/real/kill.test.ts'], { env, stdio: 'inherit' })
  process.exit()
}

// `node bench/soak.ts screens`: each screen of each role in both of its looks, where `npm test` walks through in one.
if (process.argv[2] === 'screens') {
  const env = { ...process.env, CARETAKER_SCREENS: 'all', TAP_TIMEOUT: '3600' }
  for (const test of ['screens', 'screens-others'])
    spawnSync(process.execPath, [`test/web/${test}.test.ts`], { env, stdio: 'inherit' })
  process.exit()
}

// `node bench/soak.ts reach [histories]`: told start, told end, in random histories; the first that goes wrong is named.
if (process.argv[2] === 'reach') {
  const histories = Number(process.argv[3] ?? 10_000)
  for (let seed = 1; seed <= histories; seed++) {
    const { wrong } = reachWalk(seed)
    if (wrong) throw new Error(`seed ${seed}: ${wrong}`)
  }
  process.stdout.write(`${histories} histories, everybody told to the end\n`)
  process.exit()
}

// `node bench/soak.ts [minutes] [first seed]`: seeds until the time is up, one campaign after the other.
const minutes = Number(process.argv[2] ?? 2)
const first = Number(process.argv[3] ?? Math.floor(performance.timeOrigin % 1e9))
const until = performance.now() + minutes * 60_000
const started = performance.now()
const total = { seeds: 0, simulatedMs: 0, restarts: 0, raised: 0, cleared: 0, allClear: 0 }

for (let seed = first; performance.now() < until; seed++) {
  for (const campaign of [chaosCampaign, chaosCampaign, chaosCampaign, replayCampaign]) {
    const { count, simulatedMs } = await runSeeds(campaign, [seed + total.seeds])
    total.seeds++
    total.simulatedMs += simulatedMs
    for (const name of ['restarts', 'raised', 'cleared', 'allClear'] as const) total[name] += count[name]
  }
}
const seconds = (performance.now() - started) / 1_000
const perSecond = (value: number) => (value / seconds).toFixed(1)
process.stdout.write(
  `${total.seeds} seeds from ${first} in ${seconds.toFixed(0)} s: ${perSecond(total.seeds)} seeds/s, ${perSecond(total.simulatedMs / 3_600_000)} simulated hours/s; ` +
    `${total.restarts} restarts, ${total.raised} alarms raised, ${total.cleared} cleared, ${total.allClear} all clear; no violation\n`,
)
