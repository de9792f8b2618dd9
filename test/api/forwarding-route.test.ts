import t from 'tap'
import { openEstate } from './estate.ts'

t.test('a past range is sent to a database again when somebody asks for it who may', async (t) => {
  const asked: unknown[] = []
  let answer: boolean | null = true
  const estate = await openEstate({
    resend: (target, range) => {
      asked.push([target, range])
      return answer
    },
  })
  t.teardown(() => estate.close())
  const ask = (body: object, who: Parameters<typeof estate.as>[0] = 'engineer') =>
    estate.as(who, '/api/v1/forwarding/resend', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const range = { from: '2026-01-05T10:00:00+08:00', to: '2026-01-05T03:00:00Z' }
  t.equal((await ask({ target: 'db', ...range })).status, 202)
  t.strictSame(asked, [['db', { from: Date.UTC(2026, 0, 5, 2), to: Date.UTC(2026, 0, 5, 3) }]])
  const table: [body: object, status: number][] = [
    [{ target: 'db', from: range.to, to: range.from }, 400],
    [{ target: 'db', from: 'yesterday', to: range.to }, 400],
    [{ target: 'db' }, 400],
    [{ target: 'db', ...range, all: true }, 400],
  ]
  for (const [body, status] of table) t.equal((await ask(body)).status, status, JSON.stringify(body))
  answer = false
  t.equal((await ask({ target: 'db', ...range })).status, 503, 'another is on its way')
  answer = null
  t.equal((await ask({ target: 'nowhere', ...range })).status, 404)
  t.equal((await ask({ target: 'db', ...range }, 'monitor')).status, 403)
})
