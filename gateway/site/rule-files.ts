import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Device } from '#devices/device.ts'
import type { ConfigFault } from '#devices/fault.ts'
import { closest } from '#devices/closest.ts'
import { readRuleFile, type RuleFile } from './rule-file.ts'

/** A rule file as it would be: in place of the one at this path, or beside the others. */
export type RuleDraft = Readonly<{ path: string; text: string }>

/** Reads every rule file of a folder, in the order of their names. */
export function readRuleFiles(
  folder: string,
  shownFrom: string,
  drafts: readonly RuleDraft[] = [],
): { files: readonly RuleFile[]; texts: readonly string[] } {
  const paths = existsSync(folder) ? globSync('**/*.yaml', { cwd: folder }).map((path) => resolve(folder, path)) : []
  const written = new Map(drafts.map(({ path, text }) => [resolve(path), text]))
  const all = [...new Set([...paths, ...written.keys()])].toSorted()
  const texts = all.map((path) => written.get(path) ?? readFileSync(path, 'utf8'))
  return {
    files: all.map((path, i) => readRuleFile(texts[i]!, relative(shownFrom, path) || path, written.has(path))),
    texts,
  }
}

/** The rule files of a site stand beside its file. */
export function ruleFolderOf(siteFolder: string): string {
  return join(siteFolder, 'rules')
}

/** A test that speaks of what is not there tests nothing. */
export function ruleTestFaults(file: RuleFile, devices: readonly Device[]): ConfigFault[] {
  return file.tests.flatMap(({ test, at }) => {
    const device = devices.find(({ id }) => id === test.device)
    const unknown = (path: readonly (string | number)[], kind: string, id: string, known: readonly string[]) => {
      const hint = closest(id, known)
      return file.faultAt([...at, ...path], 'unknown_reference', { kind, id, ...(hint ? { hint } : {}) })
    }
    if (!device) {
      const ids = devices.map(({ id }) => id)
      return [unknown(['device'], 'device', test.device, ids)]
    }
    const points = Object.keys(device.profile.points)
    return test.given.flatMap(({ values }, i) =>
      Object.keys(values ?? {})
        .filter((point) => !points.includes(point))
        .map((point) => unknown(['given', i, 'values', point], 'point', point, points)),
    )
  })
}
