import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { runExamples } from '#devices/example.ts'
import type { ConfigFault } from '#devices/fault.ts'
import { type Profile, readProfile, type ReadProfile } from '#devices/profile.ts'

export type ProfileShelf = Readonly<{
  profiles: ReadonlyMap<string, Profile>
  /** Of all that could be had, read or not. */
  names: ReadonlySet<string>
  faults: readonly ConfigFault[]
  texts: readonly string[]
}>

/**
 * Reads the profiles that a site uses from `library`, and every one of its own folder `own`, which win over those. The
 * others of the library are known by name alone: reading them all would be most of a start.
 */
export function readProfiles(
  { library, own }: Readonly<{ library: string; own: string }>,
  used: ReadonlySet<string>,
  shownFrom: string,
): ProfileShelf {
  const profiles = new Map<string, Profile>()
  const names = new Set<string>()
  const faults: ConfigFault[] = []
  const texts: string[] = []
  for (const folder of [library, own].filter((path) => existsSync(path))) {
    for (const path of globSync('**/*.yaml', { cwd: folder }).toSorted()) {
      const text = readFileSync(join(folder, path), 'utf8')
      const name = NAME.exec(text)?.[1]
      if (name !== undefined) names.add(name)
      if (folder === library && name !== undefined && !used.has(name)) continue
      texts.push(text)
      const read = readProfile(text, relative(shownFrom, join(folder, path)))
      faults.push(...read.faults)
      if (!read.profile) continue
      faults.push(...exampleFaults(read, read.profile))
      profiles.set(read.profile.profile, read.profile)
    }
  }
  return { profiles, names, faults, texts }
}

/** The name as a profile of the library writes it, in a line of its own. */
const NAME = /^profile: *([a-z][a-z0-9_-]*) *(?:#.*)?$/m

/** A profile whose own examples do not come out is shown as wrong, and still used: its other points may be right. */
export function exampleFaults({ faultAt }: ReadProfile, profile: Profile): ConfigFault[] {
  return runExamples(profile)
    .filter(({ holds }) => !holds)
    .map(({ example, point, expected, actual }) =>
      faultAt(['examples', example, 'expect', point], 'bad_example', {
        example: example + 1,
        point,
        expected: JSON.stringify(expected),
        actual: JSON.stringify(actual ?? null),
      }),
    )
}
