import { existsSync, readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { runExamples, untriedPoints } from '#devices/example.ts'
import type { ConfigFault } from '#devices/fault.ts'
import { readProfile } from '#devices/profile.ts'
import { codecOf, exampleFaults } from '../site/profiles.ts'
import { uplinkCodecOf } from '../site/uplink-codec.ts'
import { sayConfigFault } from '../texts.ts'
import { type Edge, EXIT_FAILED } from './edge.ts'

/** Runs the examples of profile files: each point with what came out, then all faults with file:line:column. */
export async function testProfiles(edge: Edge, files: readonly string[]): Promise<number> {
  const faults: ConfigFault[] = []
  for (const file of files)
    faults.push(...(await testProfile(edge, relative(edge.cwd, resolve(edge.cwd, file)) || file)))
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  edge.out(`${counted(files.length, 'profile')}, ${counted(faults.length, 'fault')}`)
  return faults.length > 0 ? EXIT_FAILED : 0
}

async function testProfile(edge: Edge, file: string): Promise<readonly ConfigFault[]> {
  const path = resolve(edge.cwd, file)
  if (!existsSync(path)) return [{ code: 'file_missing', params: { file }, file, line: 1, column: 1 }]
  const read = readProfile(readFileSync(path, 'utf8'), file)
  if (!read.profile) return read.faults
  edge.out(`${file}: ${read.profile.profile}`)
  const beside = codecOf(read, read.profile, path)
  if (beside && 'fault' in beside) return [beside.fault]
  const opened = beside && (await uplinkCodecOf(beside.text))
  if (opened && 'error' in opened)
    return [read.faultAt(['lorawan', 'codec'], 'wrong_value', { key: 'codec', detail: opened.error })]
  const codec = opened?.codec
  for (const { example, point, expected, actual, holds } of runExamples(read.profile, codec)) {
    const came = JSON.stringify(actual) ?? 'nothing'
    const said = holds ? `ok      ${point} ${came}` : `not ok  ${point} ${came}, expected ${JSON.stringify(expected)}`
    edge.out(`  example ${example + 1}  ${said}`)
  }
  const untried = untriedPoints(read.profile)
  if (untried.length > 0) edge.out(`  no example gives a value to ${untried.join(', ')}`)
  return exampleFaults(read, read.profile, codec)
}

function counted(count: number, word: string): string {
  return `${count || 'no'} ${count === 1 ? word : `${word}s`}`
}
