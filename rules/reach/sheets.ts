import { entranceOf } from '../impact/place.ts'
import type { Entrance } from '../plan.ts'
import { isLast, type NoticeLedger, type Sheet } from './book.ts'
import type { ReachTask } from './events.ts'

/** Sheets and doors of planned work are done a day before it begins. */
const DONE_BEFORE_MS = 24 * 3_600_000

type SheetTask = Omit<ReachTask, 'task'>

/** Homes by the entrance at which they read what hangs there. */
export function byEntrance(homes: readonly string[], entrances: readonly Entrance[]): Sheet[] {
  const found = Map.groupBy(homes, (home) => entranceOf(home, entrances))
  return [...found].map(([entrance, own]) => ({ entrance, homes: own }))
}

/** When errands of planned work are to be done, of the calendar; undefined where nothing was planned. */
export function doneBy({ plannedFrom }: NoticeLedger): number | undefined {
  return plannedFrom === null ? undefined : plannedFrom - DONE_BEFORE_MS
}

/**
 * One at each entrance of these homes that has none yet. Planned work hangs at every entrance that it concerns; an
 * outage only where homes lose what stood in for the service, for no message goes to them.
 */
export function freshSheets(
  ledger: NoticeLedger,
  about: Readonly<{ told: readonly string[]; informed: readonly string[] }>,
  entrances: readonly Entrance[],
): SheetTask[] {
  const isPlanned = ledger.plannedFrom !== null
  const homes = isPlanned ? [...about.told, ...about.informed].toSorted() : about.informed
  const known = new Set([...ledger.sheets, ...openSheets(ledger)].map(({ entrance }) => entrance))
  return byEntrance(homes, entrances)
    .filter(({ entrance }) => !known.has(entrance))
    .map((sheet) => sheetOf(sheet, isPlanned ? 'planned' : 'informed', doneBy(ledger)))
}

/** Another time: what hangs is wrong, and what was not hung up yet has another day to be done by. */
export function changedSheets(ledger: NoticeLedger): SheetTask[] {
  return united([...ledger.sheets, ...openSheets(ledger)]).map((sheet) => sheetOf(sheet, 'planned', doneBy(ledger)))
}

/** The end hangs where a beginning does, and where people were told of it at their doors. */
export function lastSheets(ledger: NoticeLedger, atDoor: readonly Sheet[]): SheetTask[] {
  const doors = new Set(atDoor.map(({ entrance }) => entrance))
  return united([...atDoor, ...ledger.sheets]).map((sheet) =>
    sheetOf(sheet, doors.has(sheet.entrance) ? 'end_at_door' : 'end_of_sheet'),
  )
}

/** Those that are still to be hung up, of what begins. */
export function openSheets({ tasks }: NoticeLedger): (NoticeLedger['tasks'][number] & { entrance: string })[] {
  return tasks.flatMap((task) => {
    const { kind, entrance, phase } = task
    return kind === 'sheet' && entrance !== undefined && !isLast(phase) ? [{ ...task, entrance }] : []
  })
}

/** Each entrance once, with all of its homes. */
export function united(sheets: readonly Sheet[]): Sheet[] {
  const found = Map.groupBy(sheets, ({ entrance }) => entrance)
  return [...found].map(([entrance, same]) => ({
    entrance,
    homes: [...new Set(same.flatMap(({ homes }) => homes))].toSorted(),
  }))
}

function sheetOf({ entrance, homes }: Sheet, why: ReachTask['why'], dueAt?: number): SheetTask {
  return { kind: 'sheet', why, homes, entrance, ...(dueAt === undefined ? {} : { dueAt }) }
}
