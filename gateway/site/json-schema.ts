import { ProfileSchema } from '#devices/profile.ts'
import { RuleFileSchema } from './rule-file.ts'
import { SiteSchema } from './schema.ts'

/** The files that a person writes, each with what an editor shows of it. */
const DOCUMENTS = {
  site: {
    schema: SiteSchema,
    title: 'Caretaker site',
    description: 'what there is on an estate, where, and who looks after it',
  },
  profile: {
    schema: ProfileSchema,
    title: 'Caretaker profile',
    description: 'a device model: its points, its alarms, and examples that test it',
  },
  rules: {
    schema: RuleFileSchema,
    title: 'Caretaker rules',
    description: 'alarms for devices, kinds or profiles, and small series that test them',
  },
} as const

export type DocumentKind = keyof typeof DOCUMENTS
export const DOCUMENT_KINDS = Object.keys(DOCUMENTS) as DocumentKind[]

/**
 * JSON Schema of a file, for the completion of editors: made from the very schema that `check` uses, so the two never
 * disagree about a key. References and expressions are beyond a schema: `check` has the last word.
 */
export function jsonSchemaOf(kind: DocumentKind): string {
  const { schema, title, description } = DOCUMENTS[kind]
  const document = { $schema: 'https://json-schema.org/draft/2020-12/schema', title, description, ...schema }
  return `${JSON.stringify(document, null, 2)}\n`
}
