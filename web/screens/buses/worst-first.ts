import type { Bus, BusUnit } from '../../api/bus-types.ts'

/** A gateway names a line noisy above this; the page says it in the same colour. */
export const NOISY = 0.05

const STATES: readonly BusUnit['state'][] = ['unreached', 'held', 'failing', 'unasked', 'answering']

/** Connections by what is wrong with them: no road, silent units, something that stands out, then as the site names them. */
export function worstFirst(buses: readonly Bus[]): Bus[] {
  return buses.toSorted((a, b) => gravity(b) - gravity(a) || a.id.localeCompare(b.id))
}

/** Units that do not answer, then those that stand out, then who takes notably more of the line: rows shall not dance. */
export function unitsWorstFirst(units: readonly BusUnit[]): BusUnit[] {
  const rank = ({ state, findings }: BusUnit) => STATES.indexOf(state) * 2 - (findings.length > 0 ? 1 : 0)
  return units.toSorted((a, b) => rank(a) - rank(b) || tenths(b) - tenths(a) || a.unitId - b.unitId)
}

function tenths(unit: BusUnit): number {
  return Math.round(shareOf(unit) * 10)
}

export function errorsOf({ figures }: BusUnit): number {
  if (!figures) return 0
  const refused = Object.values(figures.exceptions).reduce((sum, count) => sum + count, 0)
  return (figures.timeouts + figures.garbled + figures.foreign + refused) / figures.exchanges
}

export function shareOf({ figures }: BusUnit): number {
  return figures?.busyShare ?? 0
}

function gravity(bus: Bus): number {
  if (bus.road.is === 'down') return 4
  if (bus.units.some(({ state }) => state === 'held' || state === 'failing')) return 3
  if (bus.findings.length > 0 || (bus.errorRate ?? 0) > NOISY) return 2
  return bus.units.some(({ findings }) => findings.length > 0) ? 1 : 0
}
