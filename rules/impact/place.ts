import type { Entrance } from '../plan.ts'

/** Where a home lies stands in its name: building, floor and number; the number has two digits. */
export function floorOf(home: string): number {
  return Number(home.slice(home.lastIndexOf('-') + 1, -2))
}

/** The staircase of a home; its building where none is known. */
export function entranceOf(home: string, entrances: readonly Entrance[]): string {
  const building = home.slice(0, home.lastIndexOf('-'))
  const number = Number(home.slice(-2))
  const found = entrances.find((entrance) => entrance.building === building && entrance.numbers.includes(number))
  return found?.id ?? building
}
