import { useId } from 'preact/hooks'
import type { Role } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { ROLES } from '../../roles.ts'

export function RoleChoice({ role, choose }: { role: Role; choose: (role: Role) => void }) {
  const { words } = useApp()
  const id = useId()
  return (
    <div class="grid gap-1">
      <label for={id} class="text-sm font-medium">
        {words.say('web.users.role')}
      </label>
      <select
        id={id}
        class="select touch w-full"
        value={role}
        onChange={(event) => choose(ROLES.find((each) => each === event.currentTarget.value) ?? role)}
      >
        {ROLES.map((each) => (
          <option key={each} value={each}>
            {words.say(`web.role.${each}`)}
          </option>
        ))}
      </select>
    </div>
  )
}
