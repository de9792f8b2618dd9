import { closest } from '#devices/closest.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import type { Places } from './places.ts'

type PlaceFault = Readonly<{
  list: keyof Places
  entry: object
  at: readonly (string | number)[]
  code: FaultCode
  params: Params
}>

/** What a schema cannot see of buildings, zones and risers. */
export function placeFaults({ buildings, zones, risers }: Places): PlaceFault[] {
  const faults: PlaceFault[] = []
  const known = buildings.map(({ id }) => id)
  const missing = (list: keyof Places, entry: object, at: PlaceFault['at'], id: string) => {
    if (known.includes(id)) return
    const hint = closest(id, known)
    faults.push({
      list,
      entry,
      at,
      code: 'unknown_reference',
      params: { kind: 'building', id, ...(hint ? { hint } : {}) },
    })
  }
  for (const zone of zones) zone.buildings.forEach((id, i) => missing('zones', zone, ['buildings', i], id))
  for (const riser of risers) missing('risers', riser, ['building'], riser.building)

  const taken = new Set<string>(buildings.flatMap(({ id, entrances }) => (entrances ? [] : [id])))
  for (const building of buildings) {
    const { entrances } = building
    if (!entrances) continue
    entrances.forEach(({ id }, i) => {
      if (taken.has(id))
        faults.push({
          list: 'buildings',
          entry: building,
          at: ['entrances', i, 'id'],
          code: 'duplicate_id',
          params: { id },
        })
      taken.add(id)
    })
    // A home that lies at no entrance, or at two, would be told by no sheet, or by the wrong one.
    for (let number = 1; number <= building.homes_per_floor; number++) {
      const count = entrances.filter(({ homes }) => homes.includes(number)).length
      if (count === 1) continue
      const detail = `number ${number} of each floor belongs to exactly one`
      faults.push({
        list: 'buildings',
        entry: building,
        at: ['entrances'],
        code: 'wrong_value',
        params: { key: 'entrances', detail },
      })
    }
  }
  return faults
}
