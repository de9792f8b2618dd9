import { posix } from 'node:path'

/** How one file names another: `url` is `new URL('./x.ts', import.meta.url)`, by which workers are started. */
export type Reference = Readonly<{ how: 'static' | 'dynamic' | 'url'; specifier: string; line: number }>

export type SourceFile = Readonly<{
  /** From the project's root, with forward slashes. */
  path: string
  /** The top folder it stands in. */
  folder: string
  lines: number
  /** The text with comments and the insides of strings blanked: same length, same lines. */
  code: string
  references: readonly Reference[]
}>

const REFERENCES: readonly (readonly [Reference['how'], RegExp])[] = [
  ['static', /\bfrom\s*(?=['"])/g],
  ['static', /\bimport\s*(?=['"])/g],
  ['dynamic', /\bimport\s*\(\s*(?=['"`])/g],
  ['dynamic', /\brequire(?:\.resolve)?\s*\(\s*(?=['"`])/g],
  ['url', /\bnew\s+URL\s*\(\s*(?=['"`])/g],
  ['url', /\bimport\.meta\.resolve\s*\(\s*(?=['"`])/g],
]

export function sourceFile(path: string, text: string): SourceFile {
  const code = blankText(text)
  const references = REFERENCES.flatMap(([how, pattern]) =>
    [...code.matchAll(pattern)].map((match) => {
      const open = match.index + match[0].length
      const close = code.indexOf(code[open]!, open + 1)
      return { how, specifier: text.slice(open + 1, close), line: lineAt(code, open) }
    }),
  )
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return { path, folder: path.split('/')[0]!, lines, code, references }
}

export function lineAt(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length
}

/** The file in this project that a reference names; null for a package or a built-in module. */
export function targetOf(file: SourceFile, { specifier }: Reference): string | null {
  if (specifier.startsWith('#')) return specifier.slice(1)
  return specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : null
}

/**
 * Blanks comments, the insides of strings and regular expressions, and the text of templates; what stands in `${…}` is
 * code and stays. Good for this project's formatted TypeScript; a division after `}` or `)` is told from a regular
 * expression by the character before it.
 */
export function blankText(text: string): string {
  let out = ''
  let at = 0
  /** Depth of `{` at which each open template goes on. */
  const templates: number[] = []
  let depth = 0
  const blank = (end: number) => {
    out += text.slice(at, end).replace(/[^\n]/g, ' ')
    at = end
  }
  const keep = (count: number) => {
    out += text.slice(at, at + count)
    at += count
  }
  const template = () => {
    blank(endOfTemplateText(text, at))
    if (text[at] === '`') return keep(1)
    templates.push(depth)
    keep(2)
  }
  while (at < text.length) {
    const char = text[at]!
    const two = text.slice(at, at + 2)
    if (two === '//') blank(endAfter(text, at, '\n', 0))
    else if (two === '/*') blank(endAfter(text, at + 2, '*/', 2))
    else if (at === 0 && two === '#!') blank(endAfter(text, at, '\n', 0))
    else if (char === "'" || char === '"') {
      keep(1)
      blank(endOfString(text, at, char))
      keep(1)
    } else if (char === '`') {
      keep(1)
      template()
    } else if (char === '/' && startsRegex(out)) {
      keep(1)
      blank(endOfRegex(text, at))
      keep(1)
    } else if (char === '}' && templates.at(-1) === depth) {
      templates.pop()
      keep(1)
      template()
    } else {
      if (char === '{') depth++
      if (char === '}') depth--
      keep(1)
    }
  }
  return out
}

function endAfter(text: string, from: number, mark: string, length: number): number {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found + length
}

function endOfString(text: string, from: number, quote: string): number {
  let at = from
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
  return Math.min(at, text.length)
}

function endOfTemplateText(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '`' && text.slice(at, at + 2) !== '${') at += text[at] === '\\' ? 2 : 1
  return Math.min(at, text.length)
}

function startsRegex(before: string): boolean {
  return /(?:^|[(,=:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|yield|await))\s*$/.test(before.slice(-40))
}

/** A `/` inside a character class does not end it. */
function endOfRegex(text: string, from: number): number {
  let inClass = false
  let at = from
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true
    if (text[at] === ']') inClass = false
    at += text[at] === '\\' ? 2 : 1
  }
  return Math.min(at, text.length)
}
