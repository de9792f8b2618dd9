import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Path, readDocument } from '#devices/document.ts'
import type { ConfigFault } from '#devices/fault.ts'
import { readTemplates } from '../notices/templates.ts'
import { compileSite } from './compile.ts'
import { readProfiles } from './profiles.ts'
import { readRuleFiles, type RuleDraft, ruleFolderOf } from './rule-files.ts'
import { type SiteFile, SiteSchema } from './schema.ts'
import type { Site } from './site.ts'

const LIBRARY = fileURLToPath(new URL('../../devices/profiles', import.meta.url))

export type LoadOptions = Readonly<{
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /** Rule files as they would be, for a trial. */
  rules?: readonly RuleDraft[]
}>

/**
 * Reads a site file with all it refers to. Faults come all at once, each with file, line and column, and disable only
 * what they stand in; `site` is null when nothing can run: the file cannot be parsed, the site has no id, or a secret
 * is missing, known or short.
 */
export function loadSite(
  path: string,
  { env, cwd, rules: drafts }: LoadOptions,
): { site: Site | null; faults: readonly ConfigFault[] } {
  const file = relative(cwd, resolve(cwd, path)) || path
  const full = resolve(cwd, path)
  if (!existsSync(full))
    return { site: null, faults: [{ code: 'file_missing', params: { file }, file, line: 1, column: 1 }] }
  const text = readFileSync(full, 'utf8')
  const folder = dirname(full)
  const document = readDocument(SiteSchema, text, file)
  const value = document.value === undefined ? null : withoutBroken(document.value, document.broken)
  const used = new Set((value?.devices ?? []).map(({ profile }) => profile))
  const shelf = readProfiles({ library: LIBRARY, own: join(folder, 'profiles') }, used, cwd)
  const rules = readRuleFiles(ruleFolderOf(folder), cwd, drafts)
  const { templates, ...words } = readTemplates(join(folder, 'notices'), cwd)
  const ruleFaults = rules.files.flatMap(({ faults }) => faults)
  if (!value) return { site: null, faults: [...document.faults, ...shelf.faults, ...ruleFaults, ...words.faults] }
  const hash = [text, ...shelf.texts, ...rules.texts, ...words.texts]
    .reduce((sum, part) => sum.update(part).update('\0'), createHash('sha256'))
    .digest('hex')
  const { site, faults } = compileSite({
    file: value,
    document,
    profiles: shelf.profiles,
    profileNames: shelf.names,
    codecs: shelf.codecs,
    ruleFiles: rules.files,
    templates,
    folder,
    env,
    path: file,
    hash,
  })
  const all = sorted([...document.faults, ...shelf.faults, ...ruleFaults, ...words.faults, ...faults])
  return { site: site && { ...site, faults: all }, faults: all }
}

const KEYS = Object.entries(SiteSchema.properties)
/** The lists whose entries stand for themselves: a broken one is left out, the others run. */
const LISTS = KEYS.flatMap(([key, schema]) => ('type' in schema && schema.type === 'array' ? [key] : []))
/** What is left out as a whole when something in it is broken. */
const PARTS = KEYS.map(([key]) => key).filter((key) => !['site', 'connections', ...LISTS].includes(key))

/** Leaves out exactly what the schema found wrong; null when the site itself is not there. */
function withoutBroken(value: unknown, broken: readonly Path[]): SiteFile | null {
  if (typeof value !== 'object' || value === null) return null
  const file = { ...(value as Record<string, unknown>) }
  const isBroken = (...path: Path) => broken.some((wrong) => path.every((step, i) => wrong[i] === step))
  const { id } = (file['site'] ?? {}) as { id?: unknown }
  if (
    typeof id !== 'string' ||
    isBroken('site', 'id') ||
    broken.some((path) => path.length === 1 && path[0] === 'site')
  )
    return null
  for (const list of LISTS) {
    const entries = file[list]
    if (entries === undefined && list !== 'assets' && list !== 'devices') continue
    file[list] = Array.isArray(entries) ? entries.filter((_, i) => !isBroken(list, i)) : []
  }
  if (file['connections'] !== undefined) {
    const entries = Object.entries((file['connections'] ?? {}) as object)
    file['connections'] = Object.fromEntries(entries.filter(([name]) => !isBroken('connections', name)))
  }
  withoutBrokenClients(file, broken)
  for (const key of PARTS) if (isBroken(key) && !isInClient(key, broken)) delete file[key]
  return file as SiteFile
}

/** Who signs in at the broker, beside the devices. */
const CLIENTS = ['bridges', 'readers'] as const

/** One broken client takes the broker with it only when something else of `mqtt` is broken as well. */
function isInClient(key: string, broken: readonly Path[]): boolean {
  const inside = broken.filter((path) => path[0] === key)
  return (
    key === 'mqtt' && inside.every((path) => CLIENTS.some((list) => list === path[1]) && typeof path[2] === 'number')
  )
}

function withoutBrokenClients(file: Record<string, unknown>, broken: readonly Path[]): void {
  for (const list of CLIENTS) {
    const { [list]: clients, ...mqtt } = (file['mqtt'] ?? {}) as Record<string, unknown>
    if (!Array.isArray(clients)) continue
    const isBroken = (i: number) => broken.some((path) => path[0] === 'mqtt' && path[1] === list && path[2] === i)
    file['mqtt'] = { ...mqtt, [list]: clients.filter((_, i) => !isBroken(i)) }
  }
}

function sorted(faults: readonly ConfigFault[]): ConfigFault[] {
  return faults.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
}
