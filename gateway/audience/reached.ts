import { PHASES } from '#rules/reach/events.ts'
import type { Roll } from '../households/roll.ts'
import type { ReachLine, TaskRow } from '../store/reach-rows.ts'

/** Reached: somebody who lived there then, as we know today, has it; or was told in person. */
export function reachedOf(
  home: string,
  lines: readonly ReachLine[],
  tasks: readonly TaskRow[],
  roll: Roll | null,
  wallOffsetMs: number,
): boolean {
  const isTold = tasks.some(
    ({ kind, homes, state, phase }) =>
      // What hangs at the entrance is read by somebody, or not.
      kind !== 'sheet' && state === 'told' && PHASES[phase] === 'begins' && homes.includes(home),
  )
  if (isTold) return true
  return lines.some((line) => {
    if (line.home !== home || line.state !== 'delivered' || PHASES[line.phase] !== 'begins') return false
    const then = roll?.at(home, line.at + wallOffsetMs)
    return then !== undefined && !then.isOwnerOnly && then.contacts.some(({ id }) => id === line.contact)
  })
}
