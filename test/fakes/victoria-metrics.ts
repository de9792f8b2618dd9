import { type ServerProcess, startServer, withoutServer } from './influxd.ts'

export function withoutVictoriaMetrics(): string | false {
  return withoutServer('victoria-metrics', 'victoria-metrics')
}

export type Exported = Readonly<{ metric: Record<string, string>; values: number[]; timestamps: number[] }>
export type VictoriaMetrics = ServerProcess &
  Readonly<{
    /** Everything under a metric name, one entry a series. */
    exported(name: string): Promise<Exported[]>
  }>

/** A real VictoriaMetrics. It merges what was written twice at one time, as its manual advises for senders that repeat. */
export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const server = await startServer('victoria-metrics', (folder, port) => [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=100y',
    '-dedup.minScrapeInterval=1ms',
    '-loggerLevel=ERROR',
  ])
  return {
    ...server,
    async exported(name) {
      // What was just written is searchable after a flush.
      await fetch(`${server.url}/internal/force_flush`)
      const match = new URLSearchParams({ 'match[]': `{__name__="${name}"}` }).toString()
      const text = await (await fetch(`${server.url}/api/v1/export?${match}`)).text()
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Exported)
    },
  }
}
