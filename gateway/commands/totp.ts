import { openAccess } from '../access/access.ts'
import { wallNow } from '../clock.ts'
import { askToClearTotp } from '../control.ts'
import { systemRandom } from '../random.ts'
import { lockFolder } from '../store/lock.ts'
import type { Edge } from './edge.ts'
import { dataFolder } from './folder.ts'

/** Takes the second factor from an account, beside a running gateway or without one. Who may read the folder may do it. */
export async function clearTotpIn(edge: Edge, name: string, options: { data?: string }): Promise<number> {
  const folder = dataFolder(edge, options.data)
  const { id } = (await askToClearTotp(folder, name)) ?? clearIn(folder)
  edge.out(`${name} (${id}) signs in by the password alone`)
  return 0

  function clearIn(stopped: string): { id: string } {
    const lock = lockFolder(stopped, edge.pid)
    try {
      const access = openAccess(stopped, { random: systemRandom(), clock: { now: wallNow, speed: 1 }, wallNow })
      try {
        return access.care.clearTotpOf(name)
      } finally {
        access.close()
      }
    } finally {
      lock.release()
    }
  }
}
