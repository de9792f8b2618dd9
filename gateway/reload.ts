import type { ConfigFault } from '#devices/fault.ts'
import { Fault } from '#devices/fault.ts'
import { type Difference, differenceOf, needsRestart } from './site/difference.ts'
import type { RuleDraft } from './site/rule-files.ts'
import type { Site } from './site/site.ts'
import { withSelf } from './site/with-self.ts'

/** Reads the configuration again, with everything that is wrong with it; `drafts` are rule files as they would be. */
export type ReadSite = (
  drafts?: readonly RuleDraft[],
) => Readonly<{ site: Site | null; faults: readonly ConfigFault[] }>

export type ReloadWish = Readonly<{
  /** Only tell what would change. */
  dryRun: boolean
  /** Start again in place where something changed that the running program cannot take. */
  mayRestart: boolean
}>

/**
 * `refused`: it has faults, the one in force stays. `needs_restart`: nothing took effect, for some of it needs one.
 * `restarting`: it takes effect as soon as the gateway has started again in place.
 */
export type ReloadOutcome = 'unchanged' | 'applied' | 'would_apply' | 'refused' | 'needs_restart' | 'restarting'
export type Reloaded = Readonly<{
  outcome: ReloadOutcome
  faults: readonly ConfigFault[]
  changes: readonly (Difference & Readonly<{ needsRestart: boolean }>)[]
}>

export type Reload = (wish: ReloadWish) => Promise<Reloaded>

type Hands = Readonly<{
  read: ReadSite
  /** The site in force. */
  current(): Site
  /** Resolves when the new rules judge and that is durable. */
  apply(next: Site): Promise<void>
  /** Asks for a new start with this site. */
  restart(next: Site): void
}>

/** A new configuration, all or nothing: read whole, checked whole, compared with the one in force, and only then taken. */
export function reloading({ read, current, apply, restart }: Hands): Reload {
  let isUnderWay = false
  return async ({ dryRun, mayRestart }) => {
    const { site, faults } = read()
    if (!site || faults.length > 0) return { outcome: 'refused', faults, changes: [] }
    const next = withSelf(site)
    const changes = differenceOf(current(), next).map((change) => ({ ...change, needsRestart: needsRestart(change) }))
    const said = (outcome: ReloadOutcome): Reloaded => ({ outcome, faults, changes })
    const isCold = changes.some((change) => change.needsRestart)
    if (changes.length === 0 && current().hash === next.hash) return said('unchanged')
    if (isCold && !mayRestart) return said('needs_restart')
    if (dryRun) return said('would_apply')
    if (isUnderWay) throw new Fault('busy')
    if (isCold) {
      restart(site)
      return said('restarting')
    }
    isUnderWay = true
    try {
      await apply(next)
    } finally {
      isUnderWay = false
    }
    return said('applied')
  }
}
