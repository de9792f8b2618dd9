import { Fault } from '#devices/fault.ts'
import { askToReload } from '../control.ts'
import type { Reloaded } from '../reload.ts'
import { sayDifference } from '../site/difference.ts'
import { sayConfigFault } from '../texts.ts'
import { type Edge, EXIT_CONFIGURATION, EXIT_FAILED } from './edge.ts'
import { dataFolder } from './folder.ts'

export type ReloadOptions = Readonly<{ data?: string; dryRun?: boolean; restart?: boolean }>

/** Has the running gateway read its configuration again, and says what became of it. */
export async function reloadRunning(edge: Edge, options: ReloadOptions): Promise<number> {
  const folder = dataFolder(edge, options.data)
  const wish = { dryRun: options.dryRun ?? false, mayRestart: options.restart ?? false }
  const reloaded = await askToReload(folder, wish)
  if (!reloaded) throw new Fault('not_running', { folder })
  sayReloaded(edge, reloaded)
  if (reloaded.outcome === 'refused') return EXIT_CONFIGURATION
  return reloaded.outcome === 'needs_restart' ? EXIT_FAILED : 0
}

const OUTCOMES: Readonly<Record<Reloaded['outcome'], string>> = {
  unchanged: 'nothing changed',
  applied: 'in force, without a restart',
  would_apply: 'this would change; nothing was done',
  refused: 'the configuration in force stays: mend the faults above and ask again',
  needs_restart: 'needs a restart, so nothing took effect: ask with --restart, or start the gateway again',
  restarting: 'the gateway starts again in place',
}

export function sayReloaded(edge: Edge, { outcome, faults, changes }: Reloaded): void {
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  for (const change of changes) edge.out(`${sayDifference(change)}${change.needsRestart ? ' (needs a restart)' : ''}`)
  if (outcome === 'refused' || outcome === 'needs_restart') edge.error(OUTCOMES[outcome])
  else edge.out(OUTCOMES[outcome])
}
