import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts, GATEWAY_READY, newFolder, startCaretaker, writeSite } from './estate.ts'
import { type Figure, percentile } from './figure.ts'

/** From starting the process to the first Modbus request on the wire. Peer: Node itself, doing nothing. */
export async function benchStart(): Promise<Figure[]> {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const { folder, remove } = newFolder()
    const polled = Promise.withResolvers<number>()
    const slave = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => polled.resolve(performance.now()))
    })
    const port = await new Promise<number>((resolve) =>
      slave.listen(0, '127.0.0.1', () => resolve((slave.address() as { port: number }).port)),
    )
    const demo = readFileSync('sites/demo/site.yaml', 'utf8')
    const file = writeSite(folder, [
      demo.replaceAll(/port: \d+/g, `port: ${port}`).replace(/listen: '[^']*'/, "listen: '127.0.0.1:0'"),
    ])
    const gateway = await startCaretaker(
      ['run', file, '--data', join(folder, 'data'), '--http', '127.0.0.1:0'],
      GATEWAY_READY,
    )
    times.push((await polled.promise) - gateway.startedAt)
    await gateway.stop()
    slave.close()
    remove()
  }
  const bare = Array.from({ length: 5 }, () => {
    const start = performance.now()
    execFileSync(process.execPath, ['-e', '0'])
    return performance.now() - start
  })
  return [
    {
      name: '`run` start → first poll, median of 5',
      value: percentile(times, 0.5) / 1_000,
      unit: 's',
      goal: '≤ 3 s',
      peer: `bare node start: ${(percentile(bare, 0.5) / 1_000).toFixed(3)} s`,
      ratio: percentile(times, 0.5) / percentile(bare, 0.5),
    },
  ]
}

/** Memory of the gateway process alone, with the demonstration estate in another process. Peer: a bare node process. */
export async function benchMemory(minutes: number): Promise<Figure[]> {
  const { folder, remove } = newFolder()
  const ports = await freePorts(9)
  let next = 0
  const demo = readFileSync('sites/demo/site.yaml', 'utf8')
  const file = writeSite(folder, [
    demo
      .replaceAll(/port: \d+/g, () => `port: ${ports[next++]}`)
      .replace(/listen: '[^']*'/, `listen: '127.0.0.1:${ports[8]}'`),
  ])
  const data = join(folder, 'data')
  const gateway = await startCaretaker(['run', file, '--data', data, '--http', '127.0.0.1:0'], GATEWAY_READY)
  const plant = await startCaretaker(['plant', file, '--data', data], /plant of (\S+)/)
  const samples: number[] = []
  for (let second = 0; second < minutes * 60; second += 10) {
    await sleep(10_000)
    samples.push(residentMb(gateway.pid))
  }
  await plant.stop()
  await gateway.stop()
  remove()
  return [
    {
      name: `resident memory after ${minutes} min, plant outside`,
      value: samples.at(-1)!,
      unit: 'MB',
      goal: '≤ 150 MB',
      peer: `bare node process: ${bareMb().toFixed(0)} MB`,
      ratio: samples.at(-1)! / bareMb(),
    },
    { name: '… largest sample', value: Math.max(...samples), unit: 'MB' },
  ]
}

export function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kb) / 1_024
}

function bareMb(): number {
  const script = "process.stdout.write(require('node:fs').readFileSync('/proc/self/status','utf8'))"
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))?.[1]
  return Number(kb) / 1_024
}
