import type { Site } from './site.ts'

/** The site in force: every look at it sees the newest configuration. */
export type LiveSite = Readonly<{ site: Site; replace(next: Site): void }>

export function liveSite(first: Site): LiveSite {
  let current = first
  const site = {} as Record<keyof Site, unknown>
  for (const key of Object.keys(first) as (keyof Site)[])
    Object.defineProperty(site, key, { enumerable: true, get: () => current[key] })
  return {
    site: site as Site,
    replace(next) {
      current = next
    },
  }
}

/** What is made of a plan, made again for each new one. */
export function perPlan<T>(site: Site, make: (plan: Site['plan']) => T): () => T {
  let made: { plan: Site['plan']; value: T } | null = null
  return () => {
    if (made?.plan !== site.plan) made = { plan: site.plan, value: make(site.plan) }
    return made.value
  }
}
