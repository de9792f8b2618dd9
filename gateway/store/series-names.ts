export type SeriesName = Readonly<{ device: string; point: string }>
export type SeriesRow = Readonly<{ id: number; device: string; point: string }>

/**
 * Every point that was ever logged, by number: what stands in the logs instead of names. Numbers are given in the order
 * of first appearance and never again to another; a new one is durable with the first batch that uses it.
 */
export class SeriesNames {
  readonly #names: (SeriesName | undefined)[] = []
  readonly #ids = new Map<string, Map<string, number>>()
  #new: SeriesRow[] = []

  constructor(rows: readonly SeriesRow[] = []) {
    for (const row of rows) this.#note(row)
  }

  /** The number of a point; a new one where it has none yet. `likely`: devices say their points in one order. */
  idOf(device: string, point: string, likely = -1): number {
    const name = this.#names[likely]
    if (name !== undefined && name.point === point && name.device === device) return likely
    const known = this.#ids.get(device)?.get(point)
    if (known !== undefined) return known
    const row = { id: this.#names.length, device, point }
    this.#note(row)
    this.#new.push(row)
    return row.id
  }

  find(device: string, point: string): number | undefined {
    return this.#ids.get(device)?.get(point)
  }

  nameOf(id: number): SeriesName {
    const name = this.#names[id]
    if (!name) throw new RangeError(`series ${id} has no name`)
    return name
  }

  all(): readonly SeriesName[] {
    return this.#names.filter((name) => name !== undefined)
  }

  get size(): number {
    return this.#names.length
  }

  /** Those that became known since the last call: the commit that carries them makes them durable. */
  takeNew(): readonly SeriesRow[] {
    const rows = this.#new
    this.#new = []
    return rows
  }

  add(rows: readonly SeriesRow[]): void {
    for (const row of rows) this.#note(row)
  }

  #note({ id, device, point }: SeriesRow): void {
    this.#names[id] = { device, point }
    let points = this.#ids.get(device)
    if (!points) this.#ids.set(device, (points = new Map()))
    points.set(point, id)
  }
}
