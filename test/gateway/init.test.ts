import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { parse } from 'yaml'
import { programOf } from '#gateway/cli.ts'
import { type Answers, defaultAnswers, interview } from '#gateway/site/interview.ts'
import { jsonSchemaOf } from '#gateway/site/json-schema.ts'
import { loadSite } from '#gateway/site/load.ts'
import { starterFiles } from '#gateway/site/starter.ts'
import { sayConfigFault } from '#gateway/texts.ts'

const DEFAULTS = defaultAnswers('garden', 'Asia/Shanghai')
const EVERYTHING: Answers = { ...DEFAULTS, pumpHost: '10.0.0.9', mqtt: true }

t.test('whatever was answered, the file that is made passes check', async (t) => {
  const table: [string, Answers, { devices: number; homes: number }][] = [
    ['nothing connected', DEFAULTS, { devices: 0, homes: 0 }],
    ['a pump', { ...DEFAULTS, pumpHost: 'plc.example' }, { devices: 1, homes: 2 * 18 * 4 }],
    ['a broker', { ...DEFAULTS, mqtt: true }, { devices: 1, homes: 0 }],
    ['both', EVERYTHING, { devices: 2, homes: 2 * 18 * 4 }],
    ['the largest', { ...EVERYTHING, buildings: 99, floors: 200, homesPerFloor: 99 }, { devices: 2, homes: 1_960_200 }],
    ['names that are YAML', { ...DEFAULTS, name: { 'zh-CN': '"} #', en: '- a: [b\\' } }, { devices: 0, homes: 0 }],
  ]
  for (const [title, answers, { devices, homes }] of table) {
    const folder = t.testdir({ profiles: {} })
    write(folder, answers)
    const { site, faults } = loadSite('site.yaml', { env: {}, cwd: folder })
    t.strictSame(
      faults.map((fault) => sayConfigFault('en', fault)),
      [],
      title,
    )
    t.equal(site!.devices.length, devices, title)
    t.equal(site!.plan.assets.get('PR1')?.homes.length ?? 0, homes, title)
    t.strictSame(site!.name, answers.name, title)
    t.ok(
      site!.plan.staff.some(({ skills }) => skills.includes('water')),
      'somebody can take the order',
    )
  }
})

t.test('what stands there as a comment is true as well: uncommented it passes check', async (t) => {
  const folder = t.testdir({ profiles: {} })
  write(folder, DEFAULTS)
  const text = readFileSync(join(folder, 'site.yaml'), 'utf8')
  const uncommented = text.replace(/^# ((?: {2}\S|\w+:).*)$/gm, '$1').replace(/^(\w+): \[\] #.*$/gm, '$1:')
  t.not(uncommented, text)
  writeFileSync(join(folder, 'site.yaml'), uncommented)
  const { site, faults } = loadSite('site.yaml', { env: {}, cwd: folder })
  t.strictSame(
    faults.map((fault) => sayConfigFault('en', fault)),
    [],
  )
  t.match(site, { devices: [{ id: 'PR1' }, { id: 'K1-kitchen' }], influx: [{ type: 'influx1' }] })
  // The example profile of the README is one that works.
  const [, profile] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(folder, 'profiles', 'README.md'), 'utf8'))!
  writeFileSync(join(folder, 'profiles', 'tank.yaml'), profile!)
  t.strictSame(loadSite('site.yaml', { env: {}, cwd: folder }).faults, [])
})

t.test('empty answers are the defaults, and a wrong one is asked for again', async (t) => {
  const asked: string[] = []
  const refused: string[] = []
  const answering = (script: Readonly<Record<string, readonly string[]>>) => {
    const left = structuredClone(script) as Record<string, string[]>
    return interview(
      DEFAULTS,
      async (question, otherwise) => {
        asked.push(`${question}=${otherwise}`)
        return left[question]?.shift() ?? ''
      },
      (key, { code }) => refused.push(`${key}:${code}`),
    )
  }
  t.strictSame(await answering({}), DEFAULTS)
  t.strictSame(asked.length, 9, 'a few questions')
  t.ok(asked.includes('init.time_zone=Asia/Shanghai'))
  t.strictSame(refused, [])
  t.strictSame(
    await answering({
      'init.id': ['My Estate', '../x', 'lake-side'],
      'init.time_zone': ['Asia/Shangai', 'Europe/Berlin'],
      'init.buildings': ['0', '-1', 'six', '6'],
      'init.floors': ['201', '25'],
      'init.pump': ['yes', 'a b', '"}', '10.0.0.9'],
      'init.mqtt': ['maybe', ' 是 '],
    }),
    {
      ...DEFAULTS,
      id: 'lake-side',
      timeZone: 'Europe/Berlin',
      buildings: 6,
      floors: 25,
      pumpHost: '10.0.0.9',
      mqtt: true,
    },
  )
  t.equal(refused.length, 2 + 1 + 3 + 1 + 3 + 1)
})

t.test(
  'caretaker init: a terminal is asked, anything else gets the defaults, and nothing is overwritten',
  async (t) => {
    const folder = t.testdir({})
    const quiet = await caretaker(folder, ['init', 'estate-7'], terminal(false))
    t.equal(quiet.code, 0, quiet.error)
    t.match(quiet.out, /npx caretaker check estate-7\/site\.yaml[\s\S]*npx caretaker run estate-7\/site\.yaml/)
    t.strictSame(readdirSync(join(folder, 'estate-7')).toSorted(), ['profiles', 'site.schema.json', 'site.yaml'])
    t.equal(head(folder, 'estate-7'), '# yaml-language-server: $schema=./site.schema.json')
    t.match(parse(readFileSync(join(folder, 'estate-7', 'site.yaml'), 'utf8')), { site: { id: 'estate-7' } })

    const again = await caretaker(folder, ['init', 'estate-7'], terminal(false))
    t.match(again, { code: 1, error: 'caretaker: estate-7/site.yaml exists already' })
    writeFileSync(join(folder, 'estate-7', 'site.yaml'), 'mine')
    await caretaker(folder, ['init', 'estate-7', '--yes'], terminal(true))
    t.equal(readFileSync(join(folder, 'estate-7', 'site.yaml'), 'utf8'), 'mine')

    const input = terminal(true)
    input.end('asked\n\n\nUTC\n3\n10\n2\n10.1.1.1\nyes\n')
    const asked = await caretaker(folder, ['init', 'asked'], input)
    t.match(asked.out, /Site id · 场所编号 \[asked\]|场所编号 · Site id \[asked\]/)
    t.match(parse(readFileSync(join(folder, 'asked', 'site.yaml'), 'utf8')), {
      site: { id: 'asked', timezone: 'UTC' },
      buildings: [{ floors: 10, homes_per_floor: 2 }, {}, {}],
      devices: [{ connection: 'plc-pr1' }, { profile: 'bin-fill-sensor' }],
    })

    const cut = terminal(true)
    cut.end('half\n')
    t.match(await caretaker(folder, ['init', 'half'], cut), { code: 1, error: /nothing was written/ })
    t.notOk(existsSync(join(folder, 'half')))
  },
)

t.test('editors get the schemas that check uses', async (t) => {
  const folder = t.testdir({})
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  for (const [kind, files] of [
    ['site', ['sites/demo/site.yaml', 'deploy/compose/site.yaml']],
    [
      'profile',
      readdirSync('devices/profiles', { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.yaml'))
        .map((path) => `devices/profiles/${path}`),
    ],
  ] as const) {
    const { code, out } = await caretaker(folder, ['schema', kind], terminal(false))
    t.equal(code, 0)
    t.equal(`${out}\n`, jsonSchemaOf(kind))
    const schema = JSON.parse(out) as { $schema: string; title: string; properties: Record<string, unknown> }
    t.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
    t.type(schema.title, 'string')
    const validate = ajv.compile(schema)
    t.ok(files.length > 0)
    for (const file of files) {
      const document = parse(readFileSync(file, 'utf8')) as Record<string, unknown>
      t.ok(validate(document), `${file}: ${ajv.errorsText(validate.errors)}`)
      for (const key of Object.keys(document)) {
        const { [key]: value, ...rest } = document
        t.notOk(validate({ ...rest, [`${key}x`]: value }), `${file}: ${key}x is a typo`)
      }
    }
  }
  t.match(await caretaker(folder, ['schema', 'house'], terminal(false)), { code: 2, error: /site, profile/ })
})

function write(folder: string, answers: Answers): void {
  for (const [path, text] of Object.entries(starterFiles(answers))) writeFileSync(join(folder, path), text)
}

function head(folder: string, name: string): string {
  return readFileSync(join(folder, name, 'site.yaml'), 'utf8').split('\n')[0]!
}

function terminal(isTTY: boolean): PassThrough & { isTTY: boolean } {
  return Object.assign(new PassThrough(), { isTTY })
}

/** The program in this process, at an edge of its own. */
async function caretaker(cwd: string, args: readonly string[], input: PassThrough) {
  const [out, error]: [string[], string[]] = [[], []]
  let code = -1
  const program = programOf({
    env: {},
    cwd,
    pid: 1,
    signal: new AbortController().signal,
    onReload() {},
    input,
    output: new PassThrough(),
    screen: new PassThrough(),
    out: (line) => out.push(line),
    error: (line) => error.push(line),
    exitCode(ended) {
      code = ended
    },
  })
  await program.parseAsync(['node', 'caretaker', ...args])
  return { code, out: out.join('\n'), error: error.join('\n') }
}
