import { useEffect, useState } from 'preact/hooks'
import { Refusal } from '../../api/connection.ts'
import type { Page, User } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { NewUser } from './new-user.tsx'
import { UserDialog } from './user-dialog.tsx'
import { UserRow } from './user-row.tsx'

/** Who has an account here, and what may be changed about it. */
export function UsersScreen() {
  const { words, connection } = useApp()
  const [users, setUsers] = useState<readonly User[] | null>(null)
  const [refused, setRefused] = useState<string | null>(null)
  const [isAdding, setAdding] = useState(false)
  const [chosen, setChosen] = useState<string | null>(null)
  useEffect(() => {
    connection.get<Page<User>>('/users').then(
      ({ items }) => setUsers(items),
      (error) => setRefused(error instanceof Refusal ? error.message : words.say('web.request.unanswered')),
    )
  }, [])

  const take = (user: User) =>
    setUsers((known) =>
      known?.some(({ id }) => id === user.id)
        ? known.map((each) => (each.id === user.id ? user : each))
        : [...(known ?? []), user],
    )
  const user = users?.find(({ id }) => id === chosen)
  return (
    <Screen
      title={words.say('web.users')}
      hint={words.say('web.users.hint')}
      aside={
        <button type="button" class="btn btn-primary touch" onClick={() => setAdding(true)}>
          <Icon name="user" />
          {words.say('web.users.new')}
        </button>
      }
    >
      <Refused text={refused} />
      {users === null && refused === null && <Skeletons count={4} height="h-18" />}
      {users?.length === 0 && <Empty icon="user">{words.say('web.users.empty')}</Empty>}
      {users && users.length > 0 && (
        <ul class="grid gap-2">
          {users.map((each) => (
            <UserRow key={each.id} user={each} onChange={() => setChosen(each.id)} />
          ))}
        </ul>
      )}
      {isAdding && (
        <NewUser
          onMade={(made) => {
            take(made)
            setAdding(false)
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {user && <UserDialog user={user} onChange={take} onClose={() => setChosen(null)} />}
    </Screen>
  )
}
