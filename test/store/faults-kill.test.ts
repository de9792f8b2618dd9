import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Queries } from '#gateway/store/queries.ts'
import { verifyFolder } from '#gateway/store/verify.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { countOf, KILLS, lifeFolder, runLife, spread } from '../fakes/life-run.ts'
import { LIFE_POINTS, LIFE_STARTS, lifeStore, live, readingsOfBatch, timeOfBatch } from '../fakes/store-life.ts'
import { underStrace, withoutStrace } from '../fakes/strace.ts'

const skip = withoutStrace()
const GROUPS = 45

t.test(
  'F01 kill -9 at any write of commits, sealing, merging and letting go',
  { skip, timeout: 3_600_000 },
  async (t) => {
    const reference = lifeFolder(t)
    const whole = runLife(reference, { trace: 'write,pwrite64', groups: GROUPS })
    t.equal(whole.status, 0)
    t.ok(countOf(reference, 'segments where level = 1') > 0, 'a life has merged')
    t.ok(countOf(reference, 'log') < GROUPS, 'and let go')
    const places = placesOf(whole.calls)
    t.ok(places.upkeep.length > 100 && places.commit.length > 100, 'there is something to choose from')
    const wanted = [...spread(places.commit, KILLS / 3), ...spread(places.upkeep, (KILLS * 2) / 3)]
    let longestMs = 0
    for (const place of wanted) {
      const folder = lifeFolder(t)
      const { signal, said } = runLife(folder, { inject: `pwrite64:signal=SIGKILL:when=${place}`, groups: GROUPS })
      if (signal !== 'SIGKILL') t.fail(`not killed at write ${place}`)
      const acknowledged = said.filter((line) => line.startsWith('acknowledged')).length
      const start = performance.now()
      const core = lifeStore(folder)
      longestMs = Math.max(longestMs, performance.now() - start)
      const { newestBatch, events, readingsUpto } = core.load('p')
      const judged = events.length
      if (judged < acknowledged || newestBatch < 2 * acknowledged)
        t.fail(`write ${place}: ${acknowledged} acknowledged, ${newestBatch / 2} and ${judged} there`)
      // The log is durable first, and at most one group ahead; both files hold whole groups.
      const ahead = newestBatch - 2 * judged
      if (readingsUpto !== 2 * judged || (ahead !== 0 && ahead !== 2)) t.fail(`write ${place}: half a group`)
      t.strictSame(missingOf(folder, newestBatch), [], `write ${place}: all ${newestBatch} batches are whole`)
      // What the kill left behind bothers nobody later.
      if (ahead === 0) live(core, judged + 1, judged + 15, () => {})
      core.close()
      t.strictSame(verifyFolder(folder).problems, [], `write ${place}`)
      if (ahead === 0) t.strictSame(missingOf(folder, newestBatch + 30), [])
      rmSync(folder, { recursive: true })
    }
    t.ok(longestMs < 10_000, `open again after ${longestMs.toFixed(0)} ms at most`)
  },
)

t.test('F01 a gateway killed at any write of its first start starts again within 10 s', { skip }, async (t) => {
  const site = lifeFolder(t)
  writeFileSync(
    join(site, 'site.yaml'),
    [
      'site: { id: kill, name: Kill, timezone: Asia/Shanghai }',
      "mqtt: { listen: '127.0.0.1:0' }",
      'assets: [{ id: K1, kind: waste-bin }]',
      'devices: [{ id: K1, profile: bin-fill-sensor }]',
      'staff: [{ id: C1, role: cleaner, regions: [site], skills: [cleaning], duty: ["00:00-24:00"] }]',
      'fallback: C1',
    ].join('\n'),
  )
  // Writes of one thread: the store's has more than these before it is ready.
  for (const place of [5, 45]) {
    const data = join(site, `data-${place}`)
    const command = ['run', join(site, 'site.yaml'), '--data', data, '--http', '127.0.0.1:0']
    const tampering = { inject: `pwrite64:signal=SIGKILL:when=${place}` }
    const killed = await startGatewayProcess(command, (line) => underStrace(line, tampering, join(site, 'calls'))).then(
      (gateway) => gateway.end('SIGKILL').then(() => null),
      (error: Error) => error.message,
    )
    t.match(killed, /ended with SIGKILL before it was ready/, `killed at write ${place}`)
    const start = performance.now()
    const gateway = await startGatewayProcess(command)
    const tookMs = performance.now() - start
    // Within 10 s on the box of a site; a machine that tests other things beside it takes longer.
    t.ok(tookMs < 30_000, `ready after ${tookMs.toFixed(0)} ms`)
    t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null })
    t.ok(verifyFolder(data).ok)
  }
})

/** The writes to files, by number, of commits and of upkeep. */
function placesOf(calls: readonly string[]): { commit: number[]; upkeep: number[] } {
  const places: { commit: number[]; upkeep: number[] } = { commit: [], upkeep: [] }
  let phase: 'commit' | 'upkeep' | null = null
  let place = 0
  for (const call of calls) {
    const said = /write\(1, "(commit|upkeep|acknowledged)/.exec(call)?.[1]
    if (said) phase = said === 'commit' || said === 'upkeep' ? said : null
    if (!call.includes('pwrite64(')) continue
    place++
    if (phase) places[phase].push(place)
  }
  return places
}

/** Readings of batches 1 to `newest` that are not there as they were given, by point and batch. */
function missingOf(folder: string, newest: number): string[] {
  const queries = new Queries(folder)
  const missing: string[] = []
  for (const [index, { device, point }] of LIFE_POINTS.entries()) {
    const found = queries.readingsOf(device, point, LIFE_STARTS, timeOfBatch(newest) + 1)
    const byTime = new Map(found.map((reading) => [reading.at, reading.value]))
    for (let id = 1; id <= newest; id++)
      if (byTime.get(timeOfBatch(id)) !== readingsOfBatch(id)[index]!.value) missing.push(`${device}.${point} of ${id}`)
    if (found.length !== newest) missing.push(`${found.length} of ${device}.${point}, not ${newest}`)
  }
  queries.close()
  return missing
}
