import type { Access } from './access/access.ts'
import { may } from './api/permissions.ts'
import type { Subscription } from './channels/push-book.ts'
import type { ResidentLinks } from './residents/links.ts'

/**
 * S08: a browser is told for as long as whoever asked for it may still look: the link of the home is not withdrawn, the
 * account is neither disabled nor of a role that reads no notices. A session that runs out by itself ends nothing, signing
 * out does; who came in by a link has nothing but the session.
 */
export function pushRights(
  { accounts, sessions }: Pick<Access, 'accounts' | 'sessions'>,
  links: Pick<ResidentLinks, 'homeBy'>,
): (subscription: Subscription) => boolean {
  return ({ right: { kind, id }, homes }) => {
    switch (kind) {
      case 'link': {
        const home = links.homeBy(id)
        return home !== null && (homes ?? []).includes(home)
      }
      case 'account': {
        const account = accounts.get(id)
        return account !== null && !account.isDisabled && may(account.role, 'readNotices')
      }
      case 'session':
        return sessions.isAlive(id)
      case 'token':
        return true
    }
  }
}
