// Loaded before the program, in each of its threads: a module whose types were taken out beforehand is read from there,
// under its own name. Any other is left to Node.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isOurs, strippedPath } from './stripped.js'

registerHooks({
  load(url, context, next) {
    const source = url.startsWith('file:') ? strippedSource(fileURLToPath(url)) : undefined
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true }
  },
})

/** @param {string} path */
function strippedSource(path) {
  if (!isOurs(path)) return undefined
  try {
    return readFileSync(strippedPath(readFileSync(path)))
  } catch {
    return undefined
  }
}
