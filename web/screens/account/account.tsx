import { useEffect, useState } from 'preact/hooks'
import type { OwnAccount } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Moment } from '../../parts/moment.tsx'
import { Empty, Facts, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { may } from '../../roles.ts'
import { PasswordPanel } from './password-panel.tsx'
import { PushPanel } from './push-panel.tsx'
import { SecondFactor } from './second-factor.tsx'

/** One's own account: who one is here, the password, the second factor. */
export function AccountScreen() {
  const { words, connection } = useApp()
  const [account, setAccount] = useState<OwnAccount | null | undefined>(undefined)
  useEffect(() => {
    connection.getIfThere<OwnAccount>('/account').then(setAccount, () => setAccount(null))
  }, [])
  return (
    <Screen title={words.say('web.account.own')}>
      {account === undefined && <Skeletons count={2} height="h-48" />}
      {account === null && <Empty icon="user">{words.say('web.account.none')}</Empty>}
      {account && (
        <div class="grid items-start gap-3 lg:grid-cols-2">
          <div class="grid gap-3">
            <Panel title={words.say('web.account.about')}>
              <Facts
                facts={[
                  [words.say('web.signin.name'), account.name],
                  [words.say('web.users.role'), words.say(`web.role.${account.role}`)],
                  [words.say('web.users.person'), account.person],
                  [words.say('web.users.created'), <Moment at={account.createdAt} />],
                  [words.say('web.users.seen'), account.lastSignInAt && <Moment at={account.lastSignInAt} />],
                ]}
              />
            </Panel>
            <SecondFactor account={account} onChange={setAccount} />
            {may(account.role, 'readNotices') && <PushPanel />}
          </div>
          <PasswordPanel name={account.name} />
        </div>
      )}
    </Screen>
  )
}
