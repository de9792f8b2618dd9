// Makes JavaScript of the program's TypeScript, once: else each of its threads loads the compiler that takes the types
// out, which costs more memory than what the gateway keeps. Whatever cannot be made is read as it stands.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { basename, join } from 'node:path'
import { modulesOfProgram, strippedFolder } from './stripped.js'

const modules = modulesOfProgram()
// Absent in an old Node. Positions stay: a stack trace points into the source.
if (typeof module.stripTypeScriptTypes === 'function' && isWritable()) {
  for (const { source, stripped } of modules) if (!existsSync(stripped)) strip(source.toString('utf8'), stripped)
  removeOthers(new Set(modules.map(({ stripped }) => basename(stripped))))
}

function isWritable() {
  try {
    mkdirSync(strippedFolder, { recursive: true })
    writeFileSync(join(strippedFolder, `${process.pid}.tmp`), '')
    return true
  } catch {
    return false
  }
}

/**
 * @param {string} source
 * @param {string} path
 */
function strip(source, path) {
  try {
    const unfinished = join(strippedFolder, `${process.pid}.tmp`)
    writeFileSync(unfinished, module.stripTypeScriptTypes(source, { mode: 'strip' }))
    // All or nothing: another process may be reading.
    renameSync(unfinished, path)
  } catch {
    // A typing error in the source: Node says so, with its place, when the program is started.
  }
}

/** @param {ReadonlySet<string>} names */
function removeOthers(names) {
  for (const name of readdirSync(strippedFolder))
    if (!names.has(name)) rmSync(join(strippedFolder, name), { force: true })
}
