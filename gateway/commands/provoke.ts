import { askPlant } from '../control.ts'
import type { Edge } from './edge.ts'
import { dataFolder } from './folder.ts'

/** Lets a device of the running demonstration fail, or with null heals it. */
export async function disturbDemo(
  edge: Edge,
  device: string,
  fault: string | null,
  options: { data?: string },
): Promise<number> {
  const now = await askPlant(dataFolder(edge, options.data, 'data/demo'), device, fault)
  edge.out(`${now.device}: ${now.fault ?? 'healthy'}`)
  return 0
}
