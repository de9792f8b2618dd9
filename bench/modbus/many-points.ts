import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GATEWAY_READY, newFolder, startCaretaker, writeSite } from '../estate.ts'
import type { Figure } from '../figure.ts'
import { shareOfCore } from '../share-of-core.ts'
import { benchProfileText } from './bench-profile.ts'
import { askedOf, farEnd } from './far-end.ts'

const POINTS_PER_UNIT = 100
const SETTLE_MS = 10_000

/** What a gateway, with all that it does, spends on so many points at one poll a second; 100 points to a connection. */
export async function atOneHertz(): Promise<Figure[]> {
  const far = farEnd({ kind: 'tcp' })
  const [port] = (await once(far, 'message')) as [number]
  const figures: Figure[] = []
  for (const points of [1_000, 10_000, 50_000]) {
    const connections = points / POINTS_PER_UNIT
    const { share, askedPerSecond } = await shareWith(connections, port, far)
    figures.push({
      name: `${points.toLocaleString('en')} points at 1 Hz over ${connections} connections`,
      value: share * 100,
      unit: '% of a core',
      peer: `${askedPerSecond.toFixed(0)} polls/s of ${connections}`,
      ...(points === 10_000 ? { goal: '≤ 60 %' } : {}),
    })
  }
  far.kill()
  return figures
}

async function shareWith(connections: number, port: number, far: ChildProcess) {
  const { folder, remove } = newFolder()
  const all = Array.from({ length: connections }, (_, i) => i)
  mkdirSync(join(folder, 'profiles'))
  writeFileSync(join(folder, 'profiles', 'bench.yaml'), benchProfileText(POINTS_PER_UNIT, '1s'))
  const file = writeSite(folder, [
    'site: { id: bench, name: Bench, timezone: UTC }',
    'connections:',
    ...all.map((i) => `  c${i}: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, timeout: 1s }`),
    'assets:',
    ...all.map((i) => `  - { id: D${i}, kind: bench }`),
    'devices:',
    ...all.map((i) => `  - { id: D${i}, profile: bench, connection: c${i}, unit_id: 1 }`),
  ])
  const data = join(folder, 'data')
  const gateway = await startCaretaker(['run', file, '--data', data, '--http', '127.0.0.1:0'], GATEWAY_READY)
  try {
    await sleep(SETTLE_MS)
    const [before, from] = [await askedOf(far), performance.now()]
    const share = await shareOfCore(gateway.pid)
    const askedPerSecond = ((await askedOf(far)) - before) / ((performance.now() - from) / 1_000)
    return { share, askedPerSecond }
  } finally {
    await gateway.stop()
    remove()
  }
}
