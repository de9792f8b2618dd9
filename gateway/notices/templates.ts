import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Liquid, type Template } from 'liquidjs'
import type { ConfigFault } from '#devices/fault.ts'
import { type Language, LANGUAGES } from '../texts.ts'
import { type NoticeWords, SAMPLES } from './phases.ts'

/** What a text is written for: most channels take plain text, one takes Markdown. */
export type Escape = 'plain' | 'markdown'
/** Rendered: the first line is the title. Null where there is no such template, or it does not work. */
export type NoticeTemplates = Readonly<{
  /** The most specific first: of the kind and channel, of the kind, of the channel; the site's own before ours. */
  render(names: readonly string[], language: Language, escape: Escape, words: NoticeWords): string | null
}>

const BUILT_IN = fileURLToPath(new URL('../../texts/notices', import.meta.url))
const SUFFIX = '.liquid'
/** A text is some hundred bytes: what works longer than that is a loop. */
const LIMITS = { parseLimit: 100_000, renderLimit: 200, memoryLimit: 1_000_000 } as const

type Source = Readonly<{ name: string; file: string; text: string }>

/**
 * The site's own templates over the built-in ones. Each is tried at load in every phase: one that does not parse, or
 * names what there is not, is a fault with its place, and the built-in one speaks in its stead.
 */
export function readTemplates(
  folder: string,
  cwd: string,
): { templates: NoticeTemplates; faults: ConfigFault[]; texts: string[] } {
  const own = sourcesIn(folder, (file) => relative(cwd, file) || file)
  const ours = sourcesIn(BUILT_IN, (file) => file)
  const faults = own.flatMap((source) => faultsOf(source, [...ours, ...own]))
  const broken = new Set(faults.map(({ file }) => file))
  const good = own.filter(({ file }) => !broken.has(file))
  const texts = own.flatMap(({ file, text }) => [file, text])
  return { templates: templatesOf([...ours, ...good], ours), faults, texts }
}

function templatesOf(all: readonly Source[], ours: readonly Source[]): NoticeTemplates {
  const shelves = [shelfOf(all), shelfOf(ours)]
  return {
    render(names, language, escape, words) {
      for (const shelf of shelves) {
        const name = names.map((each) => `${each}.${language}`).find((each) => shelf.has(each))
        const text = name === undefined ? null : shelf.rendered(name, escape, words)
        if (text !== null) return text
      }
      return null
    },
  }
}

function shelfOf(sources: readonly Source[]) {
  const engines = { plain: engineOf(sources, 'plain'), markdown: engineOf(sources, 'markdown') }
  const parsed = new Map<string, Template[]>()
  const texts = new Map(sources.map(({ name, text }) => [name, text]))
  return {
    has: (name: string) => texts.has(name),
    rendered(name: string, escape: Escape, words: NoticeWords): string | null {
      const engine = engines[escape]
      try {
        const key = `${escape}/${name}`
        const template = parsed.get(key) ?? engine.parse(texts.get(name)!, name)
        parsed.set(key, template)
        return engine.renderSync(template, words) as string
      } catch {
        // It worked with every sample: what a notice makes of it is told by the built-in one.
        return null
      }
    },
  }
}

/** No file of the disk is ever read by a template, and no property that is not plain data. */
function engineOf(sources: readonly Source[], escape: Escape): Liquid {
  return new Liquid({
    templates: Object.fromEntries(sources.map(({ name, text }) => [name, text])),
    // What there is not to say is empty text, and no reason to speak.
    jsTruthy: true,
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    outputEscape: escape === 'markdown' ? escapedMarkdown : oneLine,
    ...LIMITS,
  })
}

/** A word brings neither lines nor control characters of its own. */
function oneLine(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ')
}

function escapedMarkdown(value: unknown): string {
  return oneLine(value).replace(/[\\`*_{}[\]<>#|~]/g, (mark) => `\\${mark}`)
}

function faultsOf(source: Source, all: readonly Source[]): ConfigFault[] {
  const { name, file, text } = source
  const [language] = LANGUAGES.filter((each) => name.endsWith(`.${each}`))
  if (!language) return [faultAt(file, 1, 1, 'NAME.zh-CN.liquid or NAME.en.liquid')]
  const engine = engineOf(all, 'plain')
  try {
    const template = engine.parse(text, name)
    // A frame gets its words from the template of a kind.
    if (name.startsWith('frame.')) return []
    for (const sample of SAMPLES) {
      const title = (engine.renderSync(template, sample) as string).trim()
      if (title === '') return [faultAt(file, 1, 1, `says nothing in the phase ${sample.phase}`)]
    }
    return []
  } catch (error) {
    const { token, message } = error as Error & { token?: { getPosition?(): [number, number] } }
    const [line = 1, column = 1] = token?.getPosition?.() ?? []
    return [faultAt(file, line, column, message.replace(/, (?:file:\S+, )?line:\d+, col:\d+$/, ''))]
  }
}

function faultAt(file: string, line: number, column: number, detail: string): ConfigFault {
  return { code: 'bad_template', params: { detail }, file, line, column }
}

function sourcesIn(folder: string, shown: (file: string) => string): Source[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .toSorted()
    .map((file) => ({
      name: file.slice(0, -SUFFIX.length),
      file: shown(join(folder, file)),
      text: readFileSync(join(folder, file), 'utf8'),
    }))
}
