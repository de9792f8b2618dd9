import { cyclesOf } from './cycles.ts'
import { lineAt, type SourceFile, targetOf } from './source-file.ts'
import type { Tree } from './tree.ts'

/** `path:line what`, as an editor can jump to it. */
export type Violation = string
export type Law = Readonly<{ name: string; check(tree: Tree): readonly Violation[] }>

/** Which of our folders each folder may name. A folder with code that is not listed is a violation. */
const ARROWS: Readonly<Record<string, readonly string[] | 'all'>> = {
  devices: [],
  ingest: ['devices'],
  rules: ['devices'],
  plant: ['devices'],
  texts: [],
  gateway: ['devices', 'ingest', 'rules', 'texts'],
  web: ['texts'],
  bin: ['gateway'],
  '.ci': [],
  bench: 'all',
  test: 'all',
}

/**
 * The simulated estate is outside: the gateway may start it, and never links against it. The web app runs in browsers:
 * the gateway hands its built files out.
 */
const DOORS: readonly Readonly<{ path: string; to: string; how: readonly string[] }>[] = [
  { path: 'gateway/plant-process.ts', to: 'plant', how: ['static', 'dynamic', 'url'] },
  { path: 'gateway/main.ts', to: 'plant', how: ['dynamic', 'url'] },
  { path: 'gateway/api/routes/page.ts', to: 'web', how: ['url'] },
]

const PURE = ['devices', 'rules']
const PRODUCT = [...PURE, 'ingest', 'gateway', 'plant', 'texts']
const EVERYWHERE = [...PRODUCT, 'web', 'bin', '.ci', 'bench', 'test']

/** Built-in modules and packages without I/O, clock or timers. */
const PURE_MODULES =
  /^(?:node:(?:assert|buffer|crypto|path|util)(?:\/.*)?|@marcbachmann\/cel-js|ajv|temporal-polyfill|typebox|yaml)$/

type Ban = Readonly<{ folders: readonly string[]; except?: readonly string[]; words: readonly RegExp[] }>

const CLOCK = [
  /\bDate\.now\b/,
  /\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())/,
  /(?<!new\s+)(?<![.\w$])Date\s*\(/,
  /\bTemporal\.Now\b/,
  /\bperformance\s*\.\s*(?:now|timeOrigin)\b/,
  /\bprocess\s*\.\s*hrtime\b/,
]
const RANDOM = [
  /\bMath\.random\b/,
  /\b(?:randomUUID|randomBytes|randomInt|randomFill|randomFillSync|getRandomValues)\b/,
]

/** The gateway and the simulated estate are two programs: each has its one clock and its one source of chance. */
const BANS: Readonly<Record<string, Ban>> = {
  'devices and rules are pure: time, chance and the world are arguments': {
    folders: PURE,
    words: [
      ...CLOCK,
      ...RANDOM,
      /\bnew\s+Date\b/,
      /\bset(?:Timeout|Interval|Immediate)\b/,
      /\bqueueMicrotask\b/,
      /\bAbortSignal\s*\.\s*timeout\b/,
      /(?<![.\w$])process\s*(?:\??\.|\[)/,
      /=\s*process\b(?!\s*\()/,
      /\bglobalThis\b/,
      /(?<![.\w$])(?:fetch|require)\s*\(/,
    ],
  },
  'one file reads the clock': {
    folders: ['ingest', 'gateway', 'plant'],
    except: ['gateway/clock.ts', 'plant/clock.ts'],
    words: CLOCK,
  },
  'one file touches randomness': { folders: PRODUCT, except: ['gateway/random.ts', 'plant/random.ts'], words: RANDOM },
  'only the process edge reads the environment': {
    folders: PRODUCT,
    except: ['gateway/main.ts'],
    words: [/\bprocess\s*(?:\??\.\s*env\b|\[)/, /\benv\b[^{}]*\}\s*=\s*process\b/],
  },
  'no code is made at run time': { folders: EVERYWHERE, words: [/(?<![.\w$])eval\s*\(/, /\bnew\s+Function\b/] },
}

/** Modules that only some folders may load. */
const MODULES: Readonly<Record<string, Readonly<{ module: RegExp; folders: readonly string[] }>>> = {
  'only tools and tests start processes': {
    module: /^(?:node:)?child_process$/,
    folders: ['bin', '.ci', 'bench', 'test'],
  },
  'node:vm is no sandbox': { module: /^(?:node:)?vm$/, folders: [] },
  'the environment comes from the global process': {
    module: /^(?:node:)?process$/,
    folders: ['bin', '.ci', 'bench', 'test'],
  },
}

const README_LINES = 40
const SIZES = { median: 120, p90: 300, max: 400 }
const EMPTY_WORDS =
  /(?:^|[-.])(?:utils?|helpers?|common|misc)(?=$|[-.])|(?:^|-)(?:manager|(?<!out-of-)service|base|impl)$/
const FILE_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test|\.config)?\.(?:ts|tsx|js)$/
const EMPTY_TYPES = /\b(?:class|interface|type)\s+(\w*(?:Utils?|Helpers?|Manager|(?<!OutOf)Service|Base|Impl))\b/g

export const LAWS: readonly Law[] = [
  { name: 'the arrows between folders', check: ({ files }) => files.flatMap(wrongArrows) },
  {
    name: 'across folders by #folder, inside by ./',
    check: ({ files, addressed }) => files.flatMap((file) => wrongAddresses(file, addressed)),
  },
  { name: 'no import cycles', check: ({ files }) => cyclesOf(files).map((cycle) => cycle.join(' → ')) },
  {
    name: 'devices and rules load pure libraries only',
    check: ({ files }) => files.filter(isIn(PURE)).flatMap(impureModules),
  },
  ...Object.entries(BANS).map(([name, ban]) => ({ name, check: ({ files }: Tree) => bannedWords(files, ban) })),
  ...Object.entries(MODULES).map(([name, { module, folders }]) => ({
    name,
    check: ({ files }: Tree) =>
      files.filter((file) => !isIn(folders)(file)).flatMap((file) => packagesOf(file, module)),
  })),
  { name: 'no god files', check: ({ files }) => wrongSizes(files.filter((file) => file.folder !== 'test')) },
  { name: 'every top folder says in 40 lines what it is', check: ({ readmes }) => wrongReadmes(readmes) },
  { name: 'names say what a thing is', check: ({ files }) => files.flatMap(emptyNames) },
]

function isIn(folders: readonly string[]): (file: SourceFile) => boolean {
  return (file) => folders.includes(file.folder)
}

function wrongArrows(file: SourceFile): Violation[] {
  const allowed = ARROWS[file.folder]
  if (allowed === undefined) return [`${file.path}:1 no arrows are declared for ${file.folder}`]
  return file.references.flatMap((reference) => {
    const target = targetOf(file, reference)?.split('/')[0]
    if (target === undefined || target === file.folder || !(target in ARROWS)) return []
    if (allowed === 'all' || allowed.includes(target)) return []
    const isDoor = ({ path, to, how }: (typeof DOORS)[number]) =>
      path === file.path && to === target && how.includes(reference.how)
    if (DOORS.some(isDoor)) return []
    return [`${file.path}:${reference.line} ${file.folder} must not know ${target}: ${reference.specifier}`]
  })
}

function wrongAddresses(file: SourceFile, addressed: ReadonlySet<string>): Violation[] {
  return file.references.flatMap((reference) => {
    const target = targetOf(file, reference)?.split('/')[0]
    // A URL is not a module specifier: `#…` means a fragment there.
    if (target === undefined || reference.how === 'url') return []
    // The folders of `test` mirror the tree: their way to `fakes/` is the same from every depth.
    if (file.folder === 'test' && reference.specifier.startsWith('#test/')) return []
    const wanted = target === file.folder || !addressed.has(target) ? '.' : '#'
    if (reference.specifier.startsWith(wanted)) return []
    const where = target === file.folder ? 'inside a folder by ./' : `${target} by #${target}/`
    return [`${file.path}:${reference.line} ${reference.specifier}: ${where}`]
  })
}

function impureModules(file: SourceFile): Violation[] {
  return file.references
    .filter((reference) => targetOf(file, reference) === null && !PURE_MODULES.test(reference.specifier))
    .map((reference) => `${file.path}:${reference.line} ${reference.specifier}`)
}

function packagesOf(file: SourceFile, module: RegExp): Violation[] {
  return file.references
    .filter(({ specifier }) => module.test(specifier))
    .map(({ specifier, line }) => `${file.path}:${line} ${specifier}`)
}

function bannedWords(files: readonly SourceFile[], { folders, except = [], words }: Ban): Violation[] {
  return files
    .filter((file) => folders.includes(file.folder) && !except.includes(file.path))
    .flatMap((file) => {
      const found = words.flatMap((word) => [...file.code.matchAll(new RegExp(word, 'g'))])
      // Several words may cover one place: a place is named once.
      const byLine = new Map(found.map((match) => [lineAt(file.code, match.index), match[0].trim()]))
      return [...byLine].map(([line, text]) => `${file.path}:${line} ${text}`)
    })
}

function wrongSizes(files: readonly SourceFile[]): Violation[] {
  if (files.length === 0) return []
  const sizes = files.map((file) => file.lines).sort((a, b) => a - b)
  const rank = (share: number) => sizes[Math.ceil(share * sizes.length) - 1]!
  return [
    ...(rank(0.5) > SIZES.median ? [`the median file has ${rank(0.5)} lines, more than ${SIZES.median}`] : []),
    ...(rank(0.9) > SIZES.p90 ? [`one file in ten has ${rank(0.9)} lines or more, above ${SIZES.p90}`] : []),
    ...files
      .filter((file) => file.lines > SIZES.max)
      .map((file) => `${file.path}:1 ${file.lines} lines, more than ${SIZES.max}`),
  ]
}

function wrongReadmes(readmes: Tree['readmes']): Violation[] {
  return Object.entries(readmes).flatMap(([folder, lines]) => {
    if (lines === null) return [`${folder}/README.md is missing`]
    return lines > README_LINES ? [`${folder}/README.md:${README_LINES + 1} ${lines} lines`] : []
  })
}

function emptyNames(file: SourceFile): Violation[] {
  const steps = file.path.split('/')
  const name = steps.at(-1)!
  const empty = steps.some((step) => EMPTY_WORDS.test(step.replace(/(?:\.test)?\.\w+$/, '')))
  return [
    ...(empty ? [`${file.path}:1 the name says nothing`] : []),
    ...(FILE_NAME.test(name) ? [] : [`${file.path}:1 not kebab-case`]),
    ...[...file.code.matchAll(EMPTY_TYPES)].map(
      (match) => `${file.path}:${lineAt(file.code, match.index)} ${match[1]}`,
    ),
  ]
}
