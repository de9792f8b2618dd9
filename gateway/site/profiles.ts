import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { runExamples } from '#devices/example.ts'
import type { ConfigFault } from '#devices/fault.ts'
import { type Profile, readProfile, type ReadProfile } from '#devices/profile.ts'

export type ProfileShelf = Readonly<{
  profiles: ReadonlyMap<string, Profile>
  faults: readonly ConfigFault[]
  texts: readonly string[]
}>

/** Reads every profile of the given folders; a later folder (the site's own) wins over an earlier one. */
export function readProfiles(folders: readonly string[], shownFrom: string): ProfileShelf {
  const profiles = new Map<string, Profile>()
  const faults: ConfigFault[] = []
  const texts: string[] = []
  for (const folder of folders.filter((path) => existsSync(path))) {
    for (const path of globSync('**/*.yaml', { cwd: folder }).toSorted()) {
      const text = readFileSync(join(folder, path), 'utf8')
      const file = relative(shownFrom, join(folder, path))
      texts.push(text)
      const read = readProfile(text, file)
      faults.push(...read.faults)
      if (!read.profile) continue
      faults.push(...exampleFaults(read, read.profile))
      profiles.set(read.profile.profile, read.profile)
    }
  }
  return { profiles, faults, texts }
}

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
