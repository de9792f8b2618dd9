import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** Stands before a database, passes everything on, and keeps the lines of each write in the order they came. */
export type RecordingProxy = Readonly<{ url: string; writes: readonly (readonly string[])[]; stop(): Promise<void> }>

export async function recordWrites(target: string): Promise<RecordingProxy> {
  const writes: string[][] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', () => outgoing.destroy())
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      if (incoming.url!.startsWith('/write')) {
        const text = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
        writes.push(text.toString('utf8').split('\n'))
      }
      const { host: _, ...headers } = incoming.headers
      const passed = request(new URL(incoming.url!, target), { method: incoming.method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(outgoing)
      })
      // A database that is away is away for who asks here as well.
      passed.on('error', () => outgoing.destroy())
      passed.end(body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    writes,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
