// Builds the web app when it is missing or older than what it is made of. `npm start` and `npm test` run it first.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const built = join(root, 'web', 'dist', 'index.html')
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')

/**
 * @param {string} path file or folder
 * @returns {number} when the newest file in it was changed
 */
function changedAt(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  const entries = readdirSync(path).filter((name) => name !== 'dist' && name !== 'node_modules')
  return Math.max(stat.mtimeMs, ...entries.map((name) => changedAt(join(path, name))))
}

function isFresh() {
  if (!existsSync(built)) return false
  const sources = ['web', 'texts', 'package-lock.json'].map((name) => join(root, name))
  return statSync(built).mtimeMs >= Math.max(...sources.filter(existsSync).map(changedAt))
}

if (!existsSync(vite)) {
  console.log(existsSync(built) ? 'The web app is built.' : 'The web app is not built: npm ci brings what builds it.')
} else if (isFresh()) {
  console.log('The web app is built.')
} else {
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', join(root, 'web')], {
    encoding: 'utf8',
  })
  if (status === 0) console.log('The web app has been built.')
  else console.error(`The web app cannot be built:\n${stdout}${stderr}`)
  process.exitCode = status ?? 1
}
