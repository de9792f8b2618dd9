import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The oldest Node that runs this program's TypeScript as it stands. */
const OLDEST = [24, 12]

/**
 * The Node that shall run the program: the pinned one that the install brought for this platform, because that is the
 * one the tests ran on; else the reader's own, if it is new enough.
 *
 * @param {{ platform: string, arch: string, version: string, execPath: string, resolve: (id: string) => string }} host
 *   `version` is `process.versions.node`; `resolve` finds a module's file or throws, as `require.resolve` does
 * @returns {string | undefined} path of the executable
 */
export function findRuntime({ platform, arch, version, execPath, resolve }) {
  return pinnedRuntime(`node-${platform}-${arch}`, resolve) ?? (isNewEnough(version) ? execPath : undefined)
}

/**
 * @param {string} name
 * @param {(id: string) => string} resolve
 */
function pinnedRuntime(name, resolve) {
  try {
    const path = join(dirname(resolve(`${name}/package.json`)), 'bin', 'node')
    return existsSync(path) ? path : undefined
  } catch {
    // Optional dependency: absent on other platforms, and where it was left out on purpose.
    return undefined
  }
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

/**
 * What to start: a published package ships compiled JavaScript, because Node strips no types below `node_modules`;
 * a checkout runs its sources.
 *
 * @param {string} root folder of package.json
 */
export function findProgram(root) {
  const compiled = join(root, 'dist', 'gateway', 'main.js')
  return existsSync(compiled) ? compiled : join(root, 'gateway', 'main.ts')
}

/**
 * How the program is started, so that it fits a small box. Nothing here is a limit: a large site takes what it needs.
 *
 * @param {string} root folder of package.json
 * @returns {string[]} arguments of Node, with the program as the last
 */
export function programArguments(root) {
  return [
    // The heap is collected before it is let grow: a gateway waits most of the time.
    '--optimize-for-size',
    // A young generation of 1 MB instead of 16: a gateway makes little garbage.
    '--max-semi-space-size=1',
    '--import',
    pathToFileURL(join(root, 'bin', 'stripped-loader.js')).href,
    findProgram(root),
  ]
}

/**
 * One arena for all threads: glibc would keep one for each, and what is freed in one serves no other.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
export function programEnvironment(environment) {
  return { MALLOC_ARENA_MAX: '1', ...environment }
}
