import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type SourceFile, sourceFile } from './source-file.ts'

/** What the laws look at: every source file, and how long each top folder's README is. */
export type Tree = Readonly<{
  files: readonly SourceFile[]
  /** Top folder → lines of its README.md, null when it has none. */
  readmes: Readonly<Record<string, number | null>>
  /** Folders that package.json gives a `#folder/*` address. */
  addressed: ReadonlySet<string>
}>

export function readTree(root: string): Tree {
  const ignored = ignoredFolders(readFileSync(join(root, '.gitignore'), 'utf8'))
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !ignored.has(entry.name))
    .map((entry) => entry.name)
  const paths = [...folders, '.ci'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> }
  return {
    files: paths
      // What is built is read by browsers, not by us.
      .filter((path) => /\.[cm]?[jt]sx?$/.test(path) && !path.includes('/dist/'))
      .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8'))),
    readmes: Object.fromEntries(folders.map((folder) => [folder, linesOf(join(root, folder, 'README.md'))])),
    addressed: new Set(Object.keys(manifest.imports).map((key) => key.slice(1).replace('/*', ''))),
  }
}

function ignoredFolders(gitignore: string): ReadonlySet<string> {
  return new Set([...gitignore.matchAll(/^\/?([^*#\n]+)\/$/gm)].map((match) => match[1]!))
}

function linesOf(path: string): number | null {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').length
  } catch {
    return null
  }
}
