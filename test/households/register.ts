import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRegister } from '#gateway/households/register.ts'
import type { Estate } from '#gateway/households/row.ts'
import { openPrivate } from '#gateway/private/private-store.ts'
import { systemRandom } from '#gateway/random.ts'

export const NOW = Date.UTC(2026, 11, 8, 4)
/** B1 to B6, 25 floors of four homes, each building one entrance. */
export const ESTATE: Estate = {
  isHome: (home) => /^B[1-6]-(0[1-9]|1\d|2[0-5])0[1-4]$/.test(home),
  entranceOf: (home) => home.slice(0, 2),
  timeZone: 'Asia/Shanghai',
}

export function openTestRegister(estate = ESTATE) {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-households-'))
  const random = systemRandom()
  const secrets = openPrivate(folder, { random, now: () => NOW })
  const register = openRegister(secrets, { random, estate })
  return {
    folder,
    secrets,
    register,
    close: () => {
      secrets.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
