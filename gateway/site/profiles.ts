import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { runExamples, type UplinkCodec } from '#devices/example.ts'
import type { ConfigFault } from '#devices/fault.ts'
import { type Profile, readProfile, type ReadProfile } from '#devices/profile.ts'

export type ProfileShelf = Readonly<{
  profiles: ReadonlyMap<string, Profile>
  /** Of all that could be had, read or not. */
  names: ReadonlySet<string>
  faults: readonly ConfigFault[]
  texts: readonly string[]
  /** Texts of vendors' codecs by profile. */
  codecs: ReadonlyMap<string, string>
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
  const codecs = new Map<string, string>()
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
      const codec = codecOf(read, read.profile, join(folder, path))
      if (codec && 'text' in codec) {
        codecs.set(read.profile.profile, codec.text)
        texts.push(codec.text)
      } else if (codec) faults.push(codec.fault)
      profiles.set(read.profile.profile, read.profile)
    }
  }
  return { profiles, names, faults, texts, codecs }
}

/** The name as a profile of the library writes it, in a line of its own. */
const NAME = /^profile: *([a-z][a-z0-9_-]*) *(?:#.*)?$/m

/** A profile whose own examples do not come out is shown as wrong, and still used: its other points may be right. */
export function exampleFaults({ faultAt }: ReadProfile, profile: Profile, codec?: UplinkCodec): ConfigFault[] {
  return runExamples(profile, codec)
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

/** The codec that a profile names, from the file beside it; null when it names none. */
export function codecOf(
  { faultAt }: Pick<ReadProfile, 'faultAt'>,
  { lorawan }: Profile,
  path: string,
): { text: string } | { fault: ConfigFault } | null {
  if (lorawan?.codec === undefined) return null
  try {
    return { text: readFileSync(join(dirname(path), lorawan.codec), 'utf8') }
  } catch {
    return { fault: faultAt(['lorawan', 'codec'], 'file_missing', { file: lorawan.codec }) }
  }
}
