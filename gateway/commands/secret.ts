import type { Edge } from './edge.ts'
import { deviceSecrets } from '../credentials.ts'
import { systemRandom } from '../random.ts'
import { dataFolder } from './folder.ts'

/** The password a device uses at the embedded broker; its user name is its id. */
export function showSecret(edge: Edge, device: string, options: { data?: string }): number {
  edge.out(deviceSecrets(dataFolder(edge, options.data), systemRandom())(device))
  return 0
}
