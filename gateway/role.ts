/** Who may do what is decided by role; each route names the roles it serves, and none is served by default. */
export const ROLES = [
  'admin',
  'engineer',
  'field',
  'agent',
  'steward',
  'monitor',
  'manager',
  'quality',
  'contractor',
  'resident',
] as const
export type Role = (typeof ROLES)[number]

export function isRole(word: string): word is Role {
  return (ROLES as readonly string[]).includes(word)
}
