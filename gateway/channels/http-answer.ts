import { compileCondition, type Condition, type VariableType } from '#devices/expression.ts'
import type { Value } from '#devices/reading.ts'

/** Of a field of the answer, as conditions see it. */
export const ANSWER_TYPES = { number: 'double', text: 'string', bool: 'bool' } as const satisfies Record<
  string,
  VariableType
>
export type AnswerFields = Readonly<Record<string, keyof typeof ANSWER_TYPES>>

/** Fields of a JSON body; null where it is none, which proves nothing. */
export function fieldsOf(text: string, names: readonly string[]): Record<string, Value> | null {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null) return null
    const entries = new Map(Object.entries(body))
    return Object.fromEntries(names.flatMap((name) => (entries.has(name) ? [[name, entries.get(name) as Value]] : [])))
  } catch {
    return null
  }
}

/** Its faults were found with the site file; one that is not well, or is not there, is never true. */
export function conditionOver(fields: AnswerFields, text: string | undefined): Condition | null {
  if (text === undefined) return null
  const compiled = compileCondition(text, variablesOf(fields))
  return 'condition' in compiled ? compiled.condition : null
}

export function variablesOf(fields: AnswerFields): Map<string, VariableType> {
  return new Map(Object.entries(fields).map(([name, type]) => [name, ANSWER_TYPES[type]]))
}
