import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { FAULTS } from '#devices/fault.ts'
import { countReport } from '../.ci/count.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Record<string, unknown>> }

t.test('a run of the tests is counted as tap counted it', async (t) => {
  const table = [
    { report: 'ok 1\n# { total: 2, pass: 2 }\n', expect: { passed: 2, failed: 0, skipped: 0 } },
    {
      report: '# { total: 6, pass: 3, fail: 1, todo: 1, skip: 1 }\n# time=1064.575ms\n',
      expect: { passed: 3, failed: 1, skipped: 2 },
    },
    // A test may print totals of its own: the last ones are the run's.
    {
      report: '# { total: 9, pass: 9 }\n# { total: 1, pass: 0, fail: 1 }\n',
      expect: { passed: 0, failed: 1, skipped: 0 },
    },
    // Cut off before its totals: what is missing is a failure.
    {
      report:
        '    ok 1 - a\n    not ok 2 - b\n    ok 3 - c # SKIP no server\n    not ok 4 - d # TODO\nok 1 - e # time=3ms\n',
      expect: { passed: 2, failed: 2, skipped: 2 },
    },
    { report: '', expect: { passed: 0, failed: 1, skipped: 0 } },
  ]
  for (const { report, expect } of table) t.strictSame(countReport(report), expect, report.slice(0, 50))
})

t.test('what is installed is exactly what was tested', async (t) => {
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[group]!)) {
      t.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned`)
      t.equal(lock.packages[`node_modules/${name}`]?.version, version, `${name} is locked`)
    }
    t.strictSame(lock.packages['']?.[group], manifest[group], `the lock knows the ${group}`)
  }
  t.notOk(manifest.dependencies!.node, 'the package named node downloads at install: only its platform packages')
})

t.test('nothing says where packages come from', async (t) => {
  t.strictSame(
    Object.entries(lock.packages).filter(
      ([, entry]) => typeof entry.resolved === 'string' && /:\/\//.test(entry.resolved),
    ),
    [],
    'package-lock.json',
  )
  t.notMatch(read('.npmrc'), /registry\s*=|:\/\//, '.npmrc')
})

t.test('every install script was looked at', async (t) => {
  const withScript = Object.entries(lock.packages).filter(([, entry]) => entry.hasInstallScript)
  for (const [path] of withScript) {
    const name = path.replace(/^.*node_modules\//, '')
    t.type(manifest.allowScripts?.[name], 'boolean', `${name} is allowed or denied`)
  }
})

t.test('what package.json and .ci/run name is there', async (t) => {
  t.ok(existsSync(join(root, manifest.bin!.caretaker!)))
  for (const target of Object.values(manifest.imports!)) t.ok(existsSync(join(root, target.replace('/*', ''))), target)
  for (const script of Object.values(manifest.scripts!)) {
    const file = /^node (?:--\S+ )*(\S+)/.exec(script)?.[1]
    if (file !== undefined) t.ok(existsSync(join(root, file)), script)
  }
  t.match(read('README.md'), 'npm ci && npm test', 'README names the test command that .ci/run runs')
  execFileSync('bash', ['-n', join(root, '.ci', 'run')])
})

t.test('every sentence is there in every language, with the same parameters', async (t) => {
  const languages = readdirSync(join(root, 'texts')).filter((name) => name.endsWith('.json'))
  const shape = (file: string) =>
    Object.entries(JSON.parse(read(`texts/${file}`)) as Record<string, string>)
      .map(([key, text]) => [key, ...[...new Set(text.match(/\{\w+/g))].sort()].join(' '))
      .sort()
  t.ok(languages.includes('en.json') && languages.includes('zh-CN.json'))
  const english = shape('en.json')
  for (const language of languages) t.strictSame(shape(language), english, language)
  for (const folder of readdirSync(join(root, 'texts')).filter((name) => !name.includes('.')))
    for (const language of languages)
      t.strictSame(shape(`${folder}/${language}`), shape(`${folder}/en.json`), `${folder}/${language}`)
  const said = new Set(english.map((line) => line.split(' ')[0]!))
  t.strictSame(
    Object.keys(FAULTS).filter((code) => !said.has(`fault.${code}`)),
    [],
    'every fault has a sentence',
  )
})

t.test('the licence is whole', async (t) => {
  t.match(read('LICENSE'), /Apache License\s+Version 2\.0, January 2004[\s\S]*END OF TERMS AND CONDITIONS/)
  t.ok(readdirSync(root).includes('SECURITY.md'))
})
