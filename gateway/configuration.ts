import { createHash } from 'node:crypto'
import { coreOf } from '#rules/core.ts'
import type { Flow } from '#rules/flow.ts'
import type { Plan } from '#rules/plan.ts'
import type { Site } from './site/site.ts'
import type { PendingGroup } from './store/pending-group.ts'

/** The rules that judge. */
export type Configuration = Readonly<{
  /** A new core, or one that takes over from `before`. */
  makeFlow(before?: Flow): Flow
  /** Fingerprint of the rules: a keyframe of other rules does not fit. */
  plan: string
  siteHash: string
}>

/** Which rules are in force: new ones with the commit that says so, and not when it fails. */
export class InForce {
  #current: Configuration
  #unsettled: Readonly<{ previous: Configuration; group: PendingGroup }> | null = null

  constructor(first: Configuration) {
    this.#current = first
  }

  get current(): Configuration {
    return this.#current
  }

  /** In memory at once; on disk with `group`. */
  replace(next: Configuration, group: PendingGroup): void {
    this.#unsettled = { previous: this.#unsettled?.previous ?? this.#current, group }
    this.#current = next
  }

  committed(group: PendingGroup): void {
    if (this.#unsettled?.group === group) this.#unsettled = null
  }

  failed(group: PendingGroup): void {
    if (this.#unsettled?.group !== group) return
    this.#current = this.#unsettled.previous
    this.#unsettled = null
  }
}

export function configurationOf({ plan, hash }: Pick<Site, 'plan' | 'hash'>): Configuration {
  const fingerprint = fingerprintOf(plan)
  return {
    makeFlow: (before) => coreOf(plan, before),
    plan: fingerprint,
    // The rules as well: what they mean may change with the program, under the same site file.
    siteHash: `${hash}-${fingerprint.slice(0, 16)}`,
  }
}

/** Of the rules alone: what a detector's memory depends on. */
function fingerprintOf(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan.rules)).digest('hex')
}
