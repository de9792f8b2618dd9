import { openAccess } from '../access/access.ts'
import { type Edge, EXIT_FAILED } from './edge.ts'
import { wallNow } from '../clock.ts'
import { askForToken } from '../control.ts'
import { systemRandom } from '../random.ts'
import { isRole, ROLES } from '../role.ts'
import { lockFolder } from '../store/lock.ts'
import { dataFolder } from './folder.ts'

/** Makes a bearer token, beside a running gateway or without one. The last line printed is the token. */
export async function createTokenIn(edge: Edge, options: { role: string; data?: string }): Promise<number> {
  const { role } = options
  if (!isRole(role)) {
    edge.error(`caretaker: there is no role "${role}"; roles are ${ROLES.join(', ')}`)
    return 2
  }
  const folder = dataFolder(edge, options.data)
  const asked = await askForToken(folder, role)
  if (asked) return show(asked)
  const lock = lockFolder(folder, edge.pid)
  try {
    const access = openAccess(folder, { random: systemRandom(), clock: { now: wallNow, speed: 1 }, wallNow })
    const created = access.tokens.create(role, wallNow())
    access.close()
    return show(created)
  } finally {
    lock.release()
  }

  function show({ id, token }: { id: string; token: string }): number {
    edge.error(`token ${id} with the role ${role}; it is shown only now`)
    edge.out(token)
    return token ? 0 : EXIT_FAILED
  }
}
