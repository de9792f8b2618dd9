import type { Profile } from '#devices/profile.ts'
import { type Beginning, embody, type World } from '../model.ts'
import { bin } from './bin.ts'
import { lift } from './lift.ts'
import { pumpSet } from './pump-set.ts'
import { steady } from './steady.ts'

/** Profile kind → its physics. A new kind of device is one file and one line. */
const WORLDS: Readonly<Record<string, (beginning: Beginning) => World>> = {
  'pump-set': (beginning) => embody(pumpSet, beginning),
  lift: (beginning) => embody(lift, beginning),
  'waste-bin': (beginning) => embody(bin, beginning),
}

export function worldOf(profile: Profile, beginning: Beginning): World {
  const begin = Object.hasOwn(WORLDS, profile.kind) ? WORLDS[profile.kind] : undefined
  return begin ? begin(beginning) : embody(steady(profile), beginning)
}
