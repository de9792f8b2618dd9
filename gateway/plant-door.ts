/** One device of the simulated plant: what it could be made to suffer, and what it suffers now. */
export type PlantDevice = Readonly<{ device: string; faults: readonly string[]; fault: string | null }>

/** What a demonstration's visitors may do to its plant. Unknown names are refused with the known ones. */
export type PlantDoor = Readonly<{
  devices(): Promise<readonly PlantDevice[]>
  provoke(device: string, fault: string): Promise<PlantDevice>
  heal(device: string): Promise<PlantDevice>
}>
