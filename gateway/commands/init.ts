import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Fault } from '#devices/fault.ts'
import { type Edge, EXIT_FAILED } from './edge.ts'
import { type Answers, type Ask, defaultAnswers, interview } from '../site/interview.ts'
import { starterFiles } from '../site/starter.ts'
import { LANGUAGES, say, sayFault } from '../texts.ts'

/** Makes the folder of a new site: asks on a terminal, takes the defaults without one. Nothing is ever overwritten. */
export async function initSite(edge: Edge, written: string, options: { yes?: boolean }): Promise<number> {
  const folder = resolve(edge.cwd, written)
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const defaults = defaultAnswers(basename(folder).toLowerCase(), timeZone)
  const isTerminal = 'isTTY' in edge.input && edge.input.isTTY === true
  const answers = isTerminal && !options.yes ? await askOnTerminal(edge, defaults) : defaults
  if (!answers) {
    edge.error('caretaker: nothing was written')
    return EXIT_FAILED
  }
  const files = Object.entries(starterFiles(answers)).map(([path, text]) => ({
    path: join(folder, path),
    shown: join(written, path),
    text,
  }))
  writeAll(files)
  for (const { shown } of files) edge.out(`+ ${shown}`)
  edge.out(
    LANGUAGES.map((language) => say(language, 'init.next', { file: join(written, 'site.yaml'), folder: written })).join(
      '\n',
    ),
  )
  return 0
}

async function askOnTerminal(edge: Edge, defaults: Answers): Promise<Answers | null> {
  const terminal = createInterface({ input: edge.input, signal: edge.signal })
  const lines = terminal[Symbol.asyncIterator]()
  const ended = new Error('the input ended')
  const ask: Ask = async (question, otherwise) => {
    edge.out(`${LANGUAGES.map((language) => say(language, question)).join(' · ')} [${otherwise}]`)
    const line = await lines.next()
    if (line.done) throw ended
    return line.value
  }
  try {
    return await interview(defaults, ask, (_, said) =>
      edge.out(`  ${LANGUAGES.map((language) => sayFault(language, said)).join(' · ')}`),
    )
  } catch (error) {
    if (error === ended) return null
    throw error
  } finally {
    terminal.close()
  }
}

/** All or none: the first file that is there already ends it before anything was written. */
function writeAll(files: readonly Readonly<{ path: string; shown: string; text: string }>[]): void {
  for (const { path, shown } of files) if (existsSync(path)) throw new Fault('file_exists', { file: shown })
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true })
    // Whatever came in the meantime is not overwritten either.
    writeFileSync(path, text, { flag: 'wx' })
  }
}
