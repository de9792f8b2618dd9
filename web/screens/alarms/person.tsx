import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { ByWhom } from '../../parts/action.tsx'
import type { Role } from '../../api/types.ts'

/** Who is asking, and the field for whom it is done where they are nobody of the staff list. */
export function usePerson() {
  const { session } = useApp()
  const visitor = session.visitor.value
  const own = visitor.is === 'somebody' ? visitor.session.user.person : null
  const [by, setBy] = useState(own ?? '')
  return { by, field: own === null ? <ByWhom by={by} choose={setBy} /> : null }
}

export function useRole(): Role | null {
  const visitor = useApp().session.visitor.value
  return visitor.is === 'somebody' ? visitor.session.user.role : null
}
