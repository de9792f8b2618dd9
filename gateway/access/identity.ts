import type { Role } from '../role.ts'

/** Who asks, as we found out ourselves: from a token or a session of ours, never from what a client says of itself. */
export type Identity = Readonly<{
  /** Of the account, the sign-in link or the machine token; it stands as the actor in the journal. */
  id: string
  role: Role
  name: string
  /** The staff member of the site file this is; null for programs and for people who are not on it. */
  person: string | null
  /** Site time in ms; null for what does not end by itself. */
  expiresAt: number | null
  /** The session behind it; null for programs and visitors. */
  session: string | null
}>
