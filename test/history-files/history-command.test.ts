import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { Fault } from '#devices/fault.ts'
import type { Edge } from '#gateway/commands/edge.ts'
import { programOf } from '#gateway/cli.ts'
import { exportHistory, importHistory } from '#gateway/commands/history.ts'
import { progressOn } from '#gateway/history-files/progress.ts'
import { lockFolder } from '#gateway/store/lock.ts'
import { memoryHistory, reading } from './files.ts'

const AT = Date.UTC(2026, 0, 5, 2)
const good = (n: number, device = 'P1') => `m,device=${device} a=${n} ${AT + n}\n`

function openEdge(t: { teardown(run: () => void): void }, { output = new PassThrough() as Writable } = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'caretaker-history-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  const [out, error]: [string[], string[]] = [[], []]
  const stopping = new AbortController()
  const edge: Edge = {
    env: {},
    cwd,
    pid: 1,
    signal: stopping.signal,
    onReload() {},
    input: new PassThrough(),
    output,
    screen: { write: () => true },
    out: (line) => out.push(line),
    error: (line) => error.push(line),
    exitCode() {},
  }
  const file = (name: string, content: string | Uint8Array) => writeFileSync(join(cwd, name), content)
  return { edge, cwd, out, error, file, stopping }
}

/** A memory where the data folder would be. */
function openable(history = memoryHistory()) {
  let [opened, closed] = [0, 0]
  const open = () => {
    opened++
    return Promise.resolve({
      ...history,
      close() {
        closed++
        return Promise.resolve()
      },
    })
  }
  return { open, history, counts: () => [opened, closed] }
}
const OPTIONS = { data: 'data', deviceTag: 'device' }

t.test('files of both formats, packed or not, become one history', async (t) => {
  const { edge, out, error, file } = openEdge(t)
  const { open, history, counts } = openable()
  file('a.lp', good(1) + good(2))
  file('b.csv.gz', gzipSync(`time,device,point,value\n${AT + 3},P2,b,true\n`))
  file('c.dat', good(4, 'P3'))
  t.equal(await importHistory(edge, ['a.lp', 'b.csv.gz'], OPTIONS, open), 0)
  t.equal(await importHistory(edge, ['c.dat'], { ...OPTIONS, format: 'line', precision: 'ms' }, open), 0)
  t.strictSame(history.readings, [
    reading('P1', 'a', 1, AT + 1),
    reading('P1', 'a', 2, AT + 2),
    reading('P2', 'b', true, AT + 3),
    reading('P3', 'a', 4, AT + 4),
  ])
  t.strictSame(out, [
    '3 readings of 2 series imported, 2026-01-05T02:00:00.001Z – 2026-01-05T02:00:00.003Z',
    '1 readings of 1 series imported, 2026-01-05T02:00:00.004Z – 2026-01-05T02:00:00.004Z',
  ])
  t.strictSame([error, counts()], [[], [2, 2]])
})

t.test('readings are written many at a time', async (t) => {
  const { edge, file } = openEdge(t)
  const { open, history } = openable()
  file('a.lp', Array.from({ length: 30_000 }, (_, n) => good(n)).join(''))
  t.equal(await importHistory(edge, ['a.lp'], OPTIONS, open), 0)
  t.equal(history.readings.length, 30_000)
  t.ok(history.pages.length <= 3, `${history.pages.length} writes`)
})

t.test('bad lines are counted, twenty are shown, and the exit says that something is missing', async (t) => {
  const { edge, out, error, file } = openEdge(t)
  const { open, history } = openable()
  file('a.lp', good(1) + 'm,device=P1 a=1\n'.repeat(25) + good(2) + `m,device=P1 a="n/a" ${AT}\n`)
  t.equal(await importHistory(edge, ['a.lp'], OPTIONS, open), 1)
  t.equal(history.readings.length, 3)
  t.equal(error[0], 'a.lp:2:1 the line has no time; a history needs its own times')
  t.equal(error[19], 'a.lp:21:1 the line has no time; a history needs its own times')
  t.strictSame(error.slice(20), ['… and 5 more', 'values of more than one kind: P1.a'])
  t.match(out, [/^3 readings of 1 series imported, .*; 25 bad lines left out$/])
})

t.test('--strict stops at the first bad line', async (t) => {
  const { edge, error, file } = openEdge(t)
  const { open, history } = openable()
  file('a.lp', good(1) + 'bad\nbad\n' + good(2))
  file('b.lp', good(3))
  t.equal(await importHistory(edge, ['a.lp', 'b.lp'], { ...OPTIONS, strict: true }, open), 1)
  t.strictSame(history.readings, [])
  t.match(error, [/^a\.lp:2:4 /, 'stopped at the first bad line (--strict)'])
})

t.test('--dry-run reads everything, and neither writes nor needs a data folder', async (t) => {
  const { edge, cwd, out, file } = openEdge(t)
  const { open, counts } = openable()
  file('a.lp', good(1))
  t.equal(await importHistory(edge, ['a.lp'], { ...OPTIONS, dryRun: true }, open), 0)
  t.match(out, [/^1 readings of 1 series would be imported/])
  t.strictSame([counts(), existsSync(join(cwd, 'data'))], [[0, 0], false])
})

t.test('an import is refused with words', async (t) => {
  const { edge, cwd, error, file } = openEdge(t)
  const { open, history, counts } = openable()
  file('a.lp', good(1))
  file('a.dat', good(1))
  file('cut.lp.gz', gzipSync(good(1).repeat(5_000)).subarray(0, 60))
  file('not.lp.gz', good(1))
  t.equal(await importHistory(edge, ['a.dat'], OPTIONS, open), 2)
  t.strictSame(error, ['caretaker: a.dat: say --format csv or --format line'])
  await t.rejects(importHistory(edge, ['a.lp', 'b.lp'], OPTIONS, open), new Fault('file_missing', { file: 'b.lp' }))
  for (const name of ['cut.lp.gz', 'not.lp.gz'])
    await t.rejects(importHistory(edge, [name], OPTIONS, open), new Fault('file_damaged', { file: name }))
  t.strictSame([history.readings, counts()], [[], [3, 3]], 'a file that is missing stops it before the first is read')

  const lock = lockFolder(join(cwd, 'data'), 4711)
  await t.rejects(importHistory(edge, ['a.lp'], OPTIONS, open), { code: 'already_running', params: { pid: '4711' } })
  lock.release()
  t.equal(await importHistory(edge, ['a.lp'], OPTIONS, open), 0, 'the lock was given back each time')
})

t.test('a signal stops an import, and it says so', async (t) => {
  const { edge, error, file, stopping } = openEdge(t)
  const { open } = openable()
  file('a.lp', good(1))
  stopping.abort()
  t.equal(await importHistory(edge, ['a.lp'], OPTIONS, open), 1)
  t.strictSame(error, ['stopped before the end'])
})

t.test('a history is exported to a file or to the output, and imported again', async (t) => {
  const output = new PassThrough()
  const { edge, cwd, error } = openEdge(t, { output })
  const start = [
    reading('P1', 'a', 1, AT),
    reading('P1', 'a', null, AT + 1, { quality: 'bad', reason: 'silent' }),
    reading('P1', 'b', 'x', AT + 2, { quality: 'uncertain' }),
    reading('P2', 'a', false, AT + 3),
  ]
  const { open, counts } = openable(memoryHistory(start))
  t.equal(await exportHistory(edge, { format: 'line', from: AT, to: AT + 3, device: 'P1' }, open), 0)
  t.equal(
    String(output.read()),
    `readings,device=P1 a=1 ${AT}\nreadings,device=P1 b="x",b_q="uncertain" ${AT + 2}\n`,
    'in [from, to), of the device',
  )
  t.equal(await exportHistory(edge, { format: 'csv', out: 'h.csv.gz' }, open), 0)
  t.match(gunzipSync(readFileSync(join(cwd, 'h.csv.gz'))).toString(), /^\ufefftime,device,point,value,quality,reason\n/)
  const back = openable()
  t.equal(await importHistory(edge, ['h.csv.gz'], OPTIONS, back.open), 0)
  t.strictSame(back.history.readings, start)
  t.equal(await exportHistory(edge, { format: 'csv', device: 'P9' }, open), 1)
  t.strictSame(error, [
    '3 readings of 2 series exported',
    '4 readings of 3 series exported',
    'caretaker: there is no such series',
  ])
  await t.rejects(
    exportHistory(edge, { format: 'csv', out: 'h.csv.gz' }, open),
    new Fault('file_exists', { file: 'h.csv.gz' }),
  )
  t.ok(existsSync(join(cwd, 'h.csv.gz')), 'what is there stays there')
  t.strictSame(counts(), [4, 4])
})

t.test('an export that breaks off leaves no file, and a reader that has seen enough is no fault', async (t) => {
  const closing = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('closed'), { code: 'EPIPE' })),
  })
  const { edge, cwd } = openEdge(t, { output: closing })
  const history = memoryHistory([reading('P1', 'a', 1, AT)])
  t.equal(await exportHistory(edge, { format: 'csv' }, openable(history).open), 0)
  const broken = openable({
    ...history,
    async *read(...asked) {
      yield* history.read(...asked)
      throw new Error('disk')
    },
  })
  await t.rejects(exportHistory(edge, { format: 'csv', out: 'h.csv' }, broken.open), { message: 'disk' })
  t.notOk(existsSync(join(cwd, 'h.csv')))
})

t.test('the command line knows both, and refuses what it does not know', async (t) => {
  const { edge, file } = openEdge(t)
  file('a.lp', good(1))
  const codes: number[] = []
  const run = (...args: string[]) =>
    programOf({ ...edge, exitCode: (code) => codes.push(code) }).parseAsync(['node', 'caretaker', 'history', ...args])
  await run('import', 'a.lp', '--dry-run', '--precision', 'ms')
  t.strictSame(codes, [0])
  for (const args of [
    ['import'],
    ['import', 'a.lp', '--precision', 'h'],
    ['import', 'a.lp', '--format', 'xml'],
    ['export'],
    ['export', '--format', 'csv', '--from', 'yesterday'],
  ])
    await t.rejects(run(...args), { name: /CommanderError|InvalidArgumentError/ }, args.join(' '))
})

t.test('progress is a bar on a terminal and a line every five seconds elsewhere', async (t) => {
  let now = 0
  const drawn: string[] = []
  const write = (text: string) => drawn.push(text)
  const bar = progressOn({ isTTY: true, columns: 80, write }, () => now)
  bar.show(0, 100, 0)
  now = 50
  bar.show(10, 100, 10)
  now = 1_000
  bar.show(50, 100, 1_234_567)
  bar.end()
  bar.end()
  t.strictSame(drawn, [
    '\r\u001b[K[------------------------] 0 %  0 readings, 0/s',
    '\r\u001b[K[############------------] 50 %  1,234,567 readings, 1,234,567/s, 0:01 left',
    '\r\u001b[K',
  ])
  drawn.length = 0
  now = 0
  const lines = progressOn({ write }, () => now)
  for (now = 0; now <= 12_000; now += 1_000) lines.show(now, 7_200_000, now)
  lines.end()
  t.strictSame(drawn, [
    '[------------------------] 0 %  5,000 readings, 1,000/s, 1:59:55 left\n',
    '[------------------------] 0 %  10,000 readings, 1,000/s, 1:59:50 left\n',
  ])
})
