import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['devices', 'gateway', 'ingest', 'plant', 'rules'].map((name) => join(root, name, sep))
export const strippedFolder = join(root, 'dist', 'stripped')

/** @param {string} path of a source file */
export function isOurs(path) {
  return path.endsWith('.ts') && FOLDERS.some((folder) => path.startsWith(folder))
}

/**
 * Where the JavaScript of a source stands when it has been made. Named by the content, so that it can never be that of
 * another version, whatever a copy or a checkout did to the times of the files.
 *
 * @param {Buffer} source
 */
export function strippedPath(source) {
  return join(strippedFolder, `${createHash('sha256').update(source).digest('hex').slice(0, 32)}.js`)
}

/** @returns {{ source: Buffer, stripped: string }[]} each module of the program, and where its JavaScript belongs */
export function modulesOfProgram() {
  return FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name)))
      .map((source) => ({ source, stripped: strippedPath(source) })),
  )
}

/**
 * After an install or an upgrade, once: takes the types out. Where this may not write, the program runs all the same and
 * takes more memory.
 *
 * @param {string} runtime path of a Node that can
 */
export function stripOnce(runtime) {
  if (modulesOfProgram().every(({ stripped }) => existsSync(stripped))) return
  const stripper = join(root, 'bin', 'strip-types.js')
  spawnSync(runtime, ['--disable-warning=ExperimentalWarning', stripper], { stdio: 'ignore' })
}
