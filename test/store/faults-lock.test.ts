import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { verifyFolder } from '#gateway/store/verify.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import type { Asked } from '../fakes/modbus-unit.ts'
import { acknowledged, storedSequences } from '../fakes/sensors.ts'
import { clientOf, smallEstate } from '../fakes/small-estate.ts'
import { tamperWith, withoutStrace } from '../fakes/strace.ts'
import { until } from '../fakes/until.ts'

const POLL_MS = 1_000

const HELD_MS = [3_000, 8_000]

t.test('F07 another program holds the lock of a file: polling goes on, nothing is lost', { timeout: 120_000 }, (t) =>
  Promise.all(['readings.db', 'journal.db'].map((file) => lockedOut(t, file))).then(() => {}),
)

async function lockedOut(t: Test, file: string): Promise<void> {
  const { data, runArguments, pump, sensors } = await smallEstate(t)
  const gateway = await startGatewayProcess(runArguments)
  t.teardown(() => gateway.child.kill('SIGKILL'))
  const ask = await clientOf(gateway, data)
  const health = async () => (await ask('/api/v1/health')).body
  const answeredAgain = async () => {
    for (const sensor of sensors) sensor.connect()
    const before = acknowledged(sensors)
    await until('acknowledged', () => acknowledged(sensors) > before + 40, 40_000)
  }
  for (const ms of HELD_MS) {
    const name = `${file} for ${ms} ms`
    await answeredAgain()
    const said = gateway.output().length
    const other = new DatabaseSync(join(data, file))
    other.exec('pragma busy_timeout = 5000; begin exclusive')
    const [from, asked] = [performance.now(), pump.unit(1).asked.length]
    const command = ask('/api/v1/alarms/none/ack', { method: 'POST', body: { by: 'C1' }, withinMs: 40_000 })
    let mostQueued = 0
    while (performance.now() - from < ms) {
      const accounts = (await health())['accounts'] as Record<string, { queued: number }>
      for (const { queued } of Object.values(accounts)) mostQueued = Math.max(mostQueued, queued)
      await sleep(100)
    }
    const polls = pump.unit(1).asked.length - asked
    other.exec('rollback')
    other.close()
    t.ok(polls >= ms / POLL_MS - 1, `${name}: ${polls} polls meanwhile`)
    t.ok(mostQueued < 200, `${name}: at most ${mostQueued} waited`)
    const answer = await command
    t.match(answer, { status: 404, body: { code: 'unknown_alarm' } }, `${name}: the command is answered afterwards`)
    await until('a warning', () => /a commit took long/.test(gateway.output().slice(said)), 10_000)
    for (const sensor of sensors) sensor.disconnect()
  }
  await answeredAgain()
  for (const sensor of sensors) sensor.disconnect()
  const accounts = (await health())['accounts'] as Record<string, { rejected: Record<string, number> }>
  for (const [source, { rejected }] of Object.entries(accounts))
    t.notOk(rejected['store_failed'], `${source}: nothing was refused`)
  t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null })
  const stored = storedSequences(data)
  for (const { id, acknowledged: seqs } of sensors) {
    const odd = [...seqs].filter((seq) => stored.get(id)?.get(seq) !== 1)
    t.strictSame(odd, [], `${file}: ${seqs.size} of ${id}, each once`)
  }
  t.strictSame(verifyFolder(data).problems, [])
}

t.test(
  'F08 every fsync takes 500 ms: polls keep their pace, commits grow, nothing is lost',
  { skip: withoutStrace(), timeout: 120_000 },
  async (t) => {
    const { data, runArguments, pump, sensors } = await smallEstate(t)
    const gateway = await startGatewayProcess(runArguments)
    t.teardown(() => gateway.child.kill('SIGKILL'))
    const ask = await clientOf(gateway, data)
    const logged = async () => {
      const { body } = await ask('/metrics', { withinMs: 10_000 })
      const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(String(body['text']))?.[1])
      return { batches: figure('caretaker_logged_batches_total'), commits: figure('caretaker_commit_seconds_count') }
    }
    await until('polled', () => pump.unit(1).asked.length > 2)
    const slow = await tamperWith(gateway.pid, { inject: 'fsync,fdatasync:delay_exit=500000' })
    for (const sensor of sensors) sensor.connect()
    await until('slow now', () => slow.injected() > 4, 20_000)
    const before = await logged()
    const [from, first] = [performance.now(), pump.unit(1).asked.length]
    const readsOfFirst = () =>
      pump
        .unit(1)
        .asked.slice(first)
        .filter(({ address }) => address === 0).length
    await until('ten periods', () => readsOfFirst() > 10, 40_000)
    const [tookMs, asked] = [performance.now() - from, pump.unit(1).asked.slice(first)]
    const after = await logged()
    const health = (await ask('/api/v1/health', { withinMs: 10_000 })).body
    await slow.end()
    for (const sensor of sensors) sensor.disconnect()
    const each = paceOf(asked)
    t.ok(Math.abs(each - POLL_MS) <= POLL_MS / 10, `polled every ${each.toFixed(0)} ms over ${tookMs.toFixed(0)} ms`)
    const size = (after.batches - before.batches) / (after.commits - before.commits)
    t.ok(size > 10, `${size.toFixed(0)} batches in a commit`)
    t.equal(health['trouble'], null)
    t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null })
    const stored = storedSequences(data)
    for (const { id, acknowledged: seqs } of sensors) {
      t.ok(seqs.size > 20)
      t.strictSame(
        [...seqs].filter((seq) => stored.get(id)?.get(seq) !== 1),
        [],
        `${id}: ${seqs.size}, each once`,
      )
    }
    t.strictSame(verifyFolder(data).problems, [])
  },
)

/** Mean time between two reads of the same registers. */
function paceOf(asked: readonly Asked[]): number {
  const ofFirst = asked.filter(({ address }) => address === 0)
  return (ofFirst.at(-1)!.atMs - ofFirst[0]!.atMs) / (ofFirst.length - 1)
}
