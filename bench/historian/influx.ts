import { Agent, request } from 'node:http'
import type { Influxd } from '#test/fakes/influxd.ts'
import { MixedData, pointOf } from './mixed-data.ts'
import type { Asked, Hour } from './queries.ts'

const DATABASE = 'bench'
const MEASUREMENT = 'estate'

/** InfluxDB over HTTP on one connection that stays open. Every write is answered once it is synced. */
export function influxClient({ url }: Influxd) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const send = (method: string, path: string, query: Record<string, string>, body?: Buffer): Promise<string> =>
    new Promise((resolve, reject) => {
      const target = `${url}${path}?${new URLSearchParams({ db: DATABASE, ...query }).toString()}`
      const sent = request(target, { method, agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode === 200 || response.statusCode === 204) resolve(text)
          else reject(new Error(`influxd: ${response.statusCode} ${text.slice(0, 200)}`))
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const ask = async (q: string): Promise<number> => {
    const { results } = JSON.parse(await send('GET', '/query', { q, epoch: 'ms' })) as {
      results: { error?: string; series?: { values: unknown[][] }[] }[]
    }
    if (results[0]?.error !== undefined) throw new Error(`influxd: ${results[0].error}`)
    return results[0]?.series?.[0]?.values.length ?? 0
  }
  const asked: Asked = {
    raw: (device, point, from, to) =>
      ask(`select ${point} from ${MEASUREMENT} where device='${device}' and time >= ${from}ms and time < ${to}ms`),
    buckets: (device, point, from, to, count) =>
      ask(
        `select min(${point}), mean(${point}), max(${point}) from ${MEASUREMENT} where device='${device}'
         and time >= ${from}ms and time < ${to}ms group by time(${(to - from) / count}ms)`,
      ),
  }
  return {
    asked,
    create: () => send('POST', '/query', { q: `create database ${DATABASE}` }),
    empty: () => send('POST', '/query', { q: `drop measurement ${MEASUREMENT}` }),
    write: (body: Buffer) => send('POST', '/write', { precision: 'ms' }, body),
    close: () => agent.destroy(),
  }
}

export type InfluxClient = ReturnType<typeof influxClient>

/** Values of one second → lines: all that a device said at one time in one line, as we forward them. */
function linesOf({ at, values }: Hour[number]): string {
  let [lines, device] = ['', '']
  for (const [i, value] of values.entries()) {
    const { device: of, point } = pointOf(i)
    // InfluxQL finds no mean of on and off.
    const field = `${point}=${Number(value)}`
    if (of === device) {
      lines += `,${field}`
      continue
    }
    lines += `${device === '' ? '' : ` ${at}\n`}${MEASUREMENT},device=${of} ${field}`
    device = of
  }
  return `${lines} ${at}`
}

export async function writeHour(client: InfluxClient, hour: Hour): Promise<void> {
  await client.write(Buffer.from(hour.map(linesOf).join('\n')))
}

/** One request for each simulated second, each answered before the next. Making the lines up is not timed. */
export async function ingestInto(
  client: InfluxClient,
  series: number,
  seconds: number,
): Promise<{ points: number; wallMs: number }> {
  const data = new MixedData(series)
  let wallMs = 0
  for (let second = 0; second < seconds; second++) {
    const body = Buffer.from(linesOf(data.values()))
    const startedAt = performance.now()
    await client.write(body)
    wallMs += performance.now() - startedAt
  }
  return { points: series * seconds, wallMs }
}
