import { fileURLToPath } from 'node:url'
import t from 'tap'
import { LAWS } from './architecture/laws.ts'
import { blankText, sourceFile } from './architecture/source-file.ts'
import { readTree, type Tree } from './architecture/tree.ts'

const tree = readTree(fileURLToPath(new URL('..', import.meta.url)))
const addressed = new Set(['devices', 'ingest', 'rules', 'gateway', 'plant', 'texts', 'test'])

type Sample = Readonly<{
  law: string
  /** Path → text. */
  files?: Readonly<Record<string, string>>
  readmes?: Tree['readmes']
  finds: readonly string[]
}>

const lines = (count: number) => 'x\n'.repeat(count)
const pure = 'devices and rules are pure: time, chance and the world are arguments'

const SAMPLES: readonly Sample[] = [
  {
    law: 'the arrows between folders',
    files: {
      'devices/point.ts': "import { a } from '#ingest/source.ts'",
      'rules/flow.ts': "import type { Source } from '#ingest/source.ts'\nimport '#devices/clock.ts'",
      'ingest/modbus/poll.ts': "export { Flow } from '#rules/flow.ts'",
      'plant/estate.ts': "const x = await import('#gateway/gateway.ts')",
      'gateway/gateway.ts':
        "import '#devices/clock.ts'\nimport '#ingest/source.ts'\nimport '#rules/flow.ts'\nimport '#plant/estate.ts'",
      'gateway/main.ts': "import '#plant/estate.ts'\nnew Worker(new URL('../plant/worker.ts', import.meta.url))",
      'gateway/plant-process.ts': "import '#plant/estate.ts'",
      'gateway/api/routes/page.ts':
        "import { Root } from '../../../web/app.tsx'\nnew URL('../../../web/dist', import.meta.url)",
      'web/words/words.ts': "import '#texts/en.json'\nimport type { View } from '#gateway/api/views/order-view.ts'",
      'test/flow/story.test.ts': "import '#plant/estate.ts'\nimport '#gateway/gateway.ts'",
      'attic/old.ts': '',
    },
    finds: [
      'devices/point.ts:1 devices must not know ingest: #ingest/source.ts',
      'rules/flow.ts:1 rules must not know ingest: #ingest/source.ts',
      'ingest/modbus/poll.ts:1 ingest must not know rules: #rules/flow.ts',
      'plant/estate.ts:1 plant must not know gateway: #gateway/gateway.ts',
      'gateway/gateway.ts:4 gateway must not know plant: #plant/estate.ts',
      'gateway/main.ts:1 gateway must not know plant: #plant/estate.ts',
      'gateway/api/routes/page.ts:1 gateway must not know web: ../../../web/app.tsx',
      'web/words/words.ts:2 web must not know gateway: #gateway/api/views/order-view.ts',
      'attic/old.ts:1 no arrows are declared for attic',
    ],
  },
  {
    law: 'across folders by #folder, inside by ./',
    files: {
      'ingest/mqtt/listen.ts': "import '../../devices/clock.ts'\nimport '#ingest/source.ts'\nimport '../source.ts'",
      'gateway/store/store.ts': "new URL('../../devices/profiles/', import.meta.url)",
      'test/bin.test.ts': "import '../bin/runtime.js'\nimport '#test/fakes/clock.ts'\nimport './fakes/until.ts'",
    },
    finds: [
      'ingest/mqtt/listen.ts:1 ../../devices/clock.ts: devices by #devices/',
      'ingest/mqtt/listen.ts:2 #ingest/source.ts: inside a folder by ./',
    ],
  },
  {
    law: 'no import cycles',
    files: {
      'rules/a.ts': "import { b } from './deep/b.ts'",
      'rules/deep/b.ts': "import type { C } from '#rules/c.ts'",
      'rules/c.ts': "export * from './a.ts'",
      'rules/d.ts': "import './a.ts'\nnew URL('./d.ts', import.meta.url)",
    },
    finds: ['rules/a.ts → rules/deep/b.ts → rules/c.ts → rules/a.ts'],
  },
  {
    law: 'devices and rules load pure libraries only',
    files: {
      'devices/file.ts': "import { readFileSync } from 'node:fs'\nimport net from 'net'\nimport { parse } from 'yaml'",
      'rules/hash.ts': "import { createHash } from 'node:crypto'\nimport { setTimeout } from 'node:timers/promises'",
      'gateway/file.ts': "import 'node:fs'",
    },
    finds: ['devices/file.ts:1 node:fs', 'devices/file.ts:2 net', 'rules/hash.ts:2 node:timers/promises'],
  },
  ...[
    'Date.now()',
    'new Date()',
    'new Date(at)',
    'new Date',
    'Date()',
    'Temporal.Now.instant()',
    'performance.now()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'setImmediate(f)',
    'queueMicrotask(f)',
    'Math.random()',
    'crypto.randomUUID()',
    'AbortSignal.timeout(1)',
    'process.pid',
    'process["env"]',
    'const { env } = process',
    'globalThis.setTimeout',
    "fetch('http://127.0.0.1')",
    '`at ${Date.now()} ms`',
  ].map((word) => ({
    law: pure,
    files: {
      'rules/word.ts': `export const x = () => {\n  ${word}\n}\n`,
      'gateway/clock.ts': word,
    },
    finds: ['rules/word.ts:2'],
  })),
  {
    law: pure,
    files: {
      'devices/calm.ts': [
        '// Date.now() is banned; so is setTimeout(f)',
        '/* new Date() */ const a = "Math.random()" + `process.env ${Date.parse(text)} Date.now()`',
        'const pattern = /[/"]Date.now()/g',
        "it's = order.process(a) + shop.fetch(b) + timeoutMs + Temporal.Instant.from(c)",
      ].join('\n'),
    },
    finds: [],
  },
  {
    law: 'one file reads the clock',
    files: {
      'gateway/clock.ts': 'Date.now()',
      'plant/clock.ts': 'performance.now()',
      'gateway/api/orders.ts': 'new Date(order.at).toISOString()\nnew Date().toISOString()',
      'ingest/modbus/poll.ts': 'socket.setTimeout(1_000)\nconst at = Date.now()',
      'test/sim/disk.ts': 'Date.now()',
    },
    finds: ['gateway/api/orders.ts:2', 'ingest/modbus/poll.ts:2'],
  },
  {
    law: 'one file touches randomness',
    files: {
      'gateway/random.ts': "import { randomBytes } from 'node:crypto'",
      'gateway/api/tokens.ts': "import { createHash, randomBytes } from 'node:crypto'",
      'plant/random.ts': 'randomBytes(16)',
      'plant/models/noise.ts': 'Math.random()',
    },
    finds: ['gateway/api/tokens.ts:1', 'plant/models/noise.ts:1'],
  },
  {
    law: 'only the process edge reads the environment',
    files: {
      'gateway/main.ts': 'process.env.CARETAKER_DATA',
      'gateway/site/secret.ts': "process.env['SECRET']\nprocess.on('exit', f)\nconst { argv, env } = process",
      'bin/caretaker.js': 'process.env.X',
    },
    finds: ['gateway/site/secret.ts:1', 'gateway/site/secret.ts:3'],
  },
  {
    law: 'no code is made at run time',
    files: { 'gateway/a.ts': "eval('1')\nmodel.eval(1)", 'test/b.test.ts': "new Function('return 1')" },
    finds: ['gateway/a.ts:1', 'test/b.test.ts:1'],
  },
  {
    law: 'only tools and tests start processes',
    files: {
      'gateway/a.ts': "import { spawn } from 'node:child_process'",
      'ingest/b.ts': "const { exec } = await import('child_process')",
      'bin/c.js': "import { spawn } from 'node:child_process'",
    },
    finds: ['gateway/a.ts:1', 'ingest/b.ts:1'],
  },
  {
    law: 'node:vm is no sandbox',
    files: { 'ingest/codec.ts': "import vm from 'node:vm'" },
    finds: ['ingest/codec.ts:1'],
  },
  {
    law: 'the environment comes from the global process',
    files: {
      'gateway/a.ts': "import { env } from 'node:process'",
      '.ci/count.js': "import { argv } from 'node:process'",
    },
    finds: ['gateway/a.ts:1'],
  },
  {
    law: 'no god files',
    files: {
      'gateway/a.ts': lines(10),
      'gateway/b.ts': lines(401),
      'gateway/c.ts': lines(121),
      'test/long.test.ts': lines(900),
    },
    finds: ['the median file has 121', 'one file in ten has 401', 'gateway/b.ts:1 401 lines'],
  },
  {
    law: 'no god files',
    files: { 'gateway/a.ts': lines(120), 'gateway/b.ts': lines(120), 'gateway/c.ts': lines(300) },
    finds: [],
  },
  {
    law: 'every top folder says in 40 lines what it is',
    readmes: { devices: 40, rules: 41, gateway: null },
    finds: ['rules/README.md:41', 'gateway/README.md is missing'],
  },
  {
    law: 'names say what a thing is',
    files: {
      'gateway/utils.ts': '',
      'gateway/site-helpers.ts': '',
      'gateway/common/text.ts': '',
      'gateway/orderStore.ts': '',
      'gateway/device-manager.ts': '',
      'rules/alarms/out-of-service.ts': 'export type OutOfService = 1\nexport class Database {}',
      'rules/orders/dispatch.ts': 'export class OrderService {}\n// class TextManager',
      'test/flow/story.test.ts': '',
    },
    finds: [
      'gateway/utils.ts:1',
      'gateway/site-helpers.ts:1',
      'gateway/common/text.ts:1',
      'gateway/orderStore.ts:1',
      'gateway/device-manager.ts:1',
      'rules/orders/dispatch.ts:1 OrderService',
    ],
  },
]

t.test('each law finds what breaks it, and nothing else', async (t) => {
  for (const { law, files = {}, readmes = {}, finds } of SAMPLES) {
    const found = LAWS.find(({ name }) => name === law)!.check({
      files: Object.entries(files).map(([path, text]) => sourceFile(path, text)),
      readmes,
      addressed,
    })
    t.match(found, finds, `${law}: ${Object.values(files)[0]?.slice(0, 60) ?? ''}`)
    t.equal(found.length, finds.length, found.join('; '))
  }
  const unproven = LAWS.filter(({ name }) => !SAMPLES.some(({ law, finds }) => law === name && finds.length > 0))
  t.strictSame(unproven, [], 'no law stands without a sample that breaks it')
})

t.test('comments and strings are blank, code is not', async (t) => {
  const table: [string, string][] = [
    ["a('b') // c", "a(' ')     "],
    ['"it\'s" + 1', '"    " + 1'],
    ["'a\\'b' + c", "'    ' + c"],
    ['`a ${b({ c: `d ${e}` })} f`', '`  ${b({ c: `  ${e}` })}  `'],
    ['a / b / c', 'a / b / c'],
    ["x.split(/['/]/).map(y)", 'x.split(/    /).map(y)'],
    ['/* a\n b */ c', '    \n      c'],
    ['#!/bin/x\na', '        \na'],
  ]
  for (const [text, blank] of table) t.equal(blankText(text), blank, text)
  // A quote taken for code, or code taken for a string, would leave a bracket without its partner.
  // Text between tags is not code: an apostrophe in it begins no string.
  for (const { path, code } of tree.files) if (!path.endsWith('.tsx')) t.equal(bracketBalance(code), '', path)
})

t.test('this tree keeps the laws', async (t) => {
  t.ok(
    tree.files.some(({ path }) => path === 'test/architecture.test.ts'),
    'the tree was read',
  )
  t.ok(
    tree.files.some(({ references }) => references.length > 0),
    'imports were read',
  )
  for (const { name, check } of LAWS) t.strictSame(check(tree), [], name)
})

function bracketBalance(code: string): string {
  const open: string[] = []
  const partner: Record<string, string> = { ')': '(', ']': '[', '}': '{' }
  for (const char of code.replace(/\/ +\/[a-z]*/g, '')) {
    if ('([{'.includes(char)) open.push(char)
    else if (partner[char] !== undefined && open.pop() !== partner[char]) return `unexpected ${char}`
  }
  return open.join('')
}
