// Prints the one line by which a CI run is judged: `N passed, N failed`, and `, N skipped` when some were.
// Reads tap's report; exits 1 unless something passed and nothing failed.
import { existsSync, readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'

/**
 * @param {string} report what tap wrote
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countReport(report) {
  const totals = [...report.matchAll(/^# \{ total: \d+(.*)\}\s*$/gm)].at(-1)?.[1]
  if (totals === undefined) return countLines(report)
  const of = (/** @type {string} */ word) => Number(new RegExp(`\\b${word}: (\\d+)`).exec(totals)?.[1] ?? 0)
  return { passed: of('pass'), failed: of('fail'), skipped: of('skip') + of('todo') }
}

/**
 * Without tap's own totals the run was cut off: what it had counted stands, and the missing end is one failure more.
 *
 * @param {string} report
 */
function countLines(report) {
  const counts = { passed: 0, failed: 1, skipped: 0 }
  for (const line of report.split('\n')) {
    const [, not, directive] = /^ *(not )?ok\b(?:.*?#\s*(SKIP|TODO)\b)?/i.exec(line) ?? []
    if (!/^ *(not )?ok\b/.test(line)) continue
    if (directive !== undefined) counts.skipped++
    else if (not !== undefined) counts.failed++
    else counts.passed++
  }
  return counts
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const path = argv[2] ?? '.tap/report.tap'
  const { passed, failed, skipped } = countReport(existsSync(path) ? readFileSync(path, 'utf8') : '')
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1
}
