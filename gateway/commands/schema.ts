import { type Edge } from './edge.ts'
import { DOCUMENT_KINDS, type DocumentKind, jsonSchemaOf } from '../site/json-schema.ts'

/** Prints the JSON Schema of a file that people write, for their editors. */
export function printSchema(edge: Edge, kind: string): number {
  if (!DOCUMENT_KINDS.includes(kind as DocumentKind)) {
    edge.error(`caretaker: there is no schema "${kind}"; schemas are ${DOCUMENT_KINDS.join(', ')}`)
    return 2
  }
  edge.out(jsonSchemaOf(kind as DocumentKind).trimEnd())
  return 0
}
