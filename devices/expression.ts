import { Environment } from '@marcbachmann/cel-js'
import { closest } from './closest.ts'
import type { FaultCode, Params } from './fault.ts'
import type { Value } from './reading.ts'

export type VariableType = 'double' | 'bool' | 'string'

/** A CEL condition, type-checked against the variables it may use. The one place that knows the CEL library. */
export type Condition = Readonly<{
  text: string
  /** The variables it reads, each once. */
  variables: readonly string[]
  /**
   * Kleene logic: a variable missing from `values` is unknown, `false && unknown` is false, `true || unknown` is true,
   * all else that touches an unknown is unknown. Never throws.
   */
  evaluate(values: Readonly<Record<string, Value>>): boolean | 'unknown'
}>

export type ExpressionFault = Readonly<{ code: FaultCode; params: Params; offset: number }>

const LIMITS = { maxAstNodes: 500, maxDepth: 32, maxListElements: 1_000, maxMapEntries: 100, maxCallArguments: 16 }
const MAX_LENGTH = 4_096
/**
 * S22: what is judged for every reading has a cost that can be seen in its text: each node once. So no patterns, and no
 * macros over lists, which multiply. Text of a device is a word, a mode; longer than this it is unknown.
 */
const FUNCTIONS = new Set(['size', 'contains', 'startsWith', 'endsWith', 'int', 'double', 'string', 'bool'])
const MAX_TEXT = 1_024

/** Points are doubles and people write `pressure * 2`: mixed arithmetic and equality keep that natural. */
function environmentOf(variables: ReadonlyMap<string, VariableType>): Environment {
  const environment = new Environment({ limits: LIMITS })
  const arithmetic: [string, (a: number, b: number) => number][] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
  ]
  for (const [sign, apply] of arithmetic) {
    environment.registerOperator(`double ${sign} int: double`, (a: number, b: bigint) => apply(a, Number(b)))
    environment.registerOperator(`int ${sign} double: double`, (a: bigint, b: number) => apply(Number(a), b))
  }
  environment.registerOperator('double == int: bool', (a: number, b: bigint) => a === Number(b))
  for (const [name, type] of variables) environment.registerVariable(name, type)
  return environment
}

export function compileCondition(
  text: string,
  variables: ReadonlyMap<string, VariableType>,
): { condition: Condition } | { fault: ExpressionFault } {
  if (text.length > MAX_LENGTH) {
    return { fault: { code: 'bad_expression', params: { detail: `longer than ${MAX_LENGTH} characters` }, offset: 0 } }
  }
  const environment = environmentOf(variables)
  const checked = environment.check(text)
  if (!checked.valid) return { fault: faultOf(checked.error, text, variables) }
  if (checked.type !== 'bool') {
    return {
      fault: {
        code: 'bad_expression',
        params: { detail: `a condition must be true or false, this is ${checked.type}` },
        offset: 0,
      },
    }
  }
  const program = environment.parse(text)
  const foreign = callsIn(program.ast).find((name) => !FUNCTIONS.has(name))
  if (foreign !== undefined) {
    const detail = `${foreign}() is not one of ${[...FUNCTIONS].join(', ')}`
    return { fault: { code: 'bad_expression', params: { detail }, offset: Math.max(text.indexOf(foreign), 0) } }
  }
  const used = variablesIn(program.ast, variables)
  const texts = used.filter((name) => variables.get(name) === 'string')
  const isTooLong = (value: Value | undefined) => typeof value === 'string' && value.length > MAX_TEXT
  return {
    condition: {
      text,
      variables: used,
      evaluate(values) {
        // The library absorbs errors commutatively in && and ||, as the CEL specification asks; a missing variable is
        // an error, so three-valued logic comes out of it exactly.
        try {
          const long = texts.filter((name) => isTooLong(values[name]))
          const known = long.length === 0 ? values : without(values, long)
          const result: unknown = program(known)
          return typeof result === 'boolean' ? result : 'unknown'
        } catch {
          return 'unknown'
        }
      },
    },
  }
}

function faultOf(error: unknown, text: string, variables: ReadonlyMap<string, VariableType>): ExpressionFault {
  const message = error instanceof Error ? error.message.split('\n')[0]! : String(error)
  const unknown = /^Unknown variable: (\w+)/.exec(message)?.[1]
  if (unknown) {
    const hint = closest(unknown, variables.keys())
    const offset = Math.max(text.search(new RegExp(`\\b${unknown}\\b`)), 0)
    return { code: 'unknown_reference', params: { kind: 'point', id: unknown, ...(hint ? { hint } : {}) }, offset }
  }
  const word = /\b(and|or|not)\b/.exec(text)
  if (word) {
    const sign = { and: '&&', or: '||', not: '!' }[word[1] as 'and' | 'or' | 'not']
    return { code: 'bad_expression', params: { detail: `write ${sign} instead of "${word[1]}"` }, offset: word.index }
  }
  const offset = /no such overload/.test(message) ? 0 : offsetIn(error)
  return { code: 'bad_expression', params: { detail: message }, offset }
}

function offsetIn(error: unknown): number {
  const node = (error as { node?: { pos?: unknown } }).node
  return typeof node?.pos === 'number' ? node.pos : 0
}

function without(values: Readonly<Record<string, Value>>, names: readonly string[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)))
}

/** The functions and macros that are called anywhere in it. */
function callsIn(ast: unknown): string[] {
  if (Array.isArray(ast)) return ast.flatMap(callsIn)
  if (typeof ast !== 'object' || ast === null) return []
  const { op, args } = ast as { op?: unknown; args?: unknown }
  const name = (op === 'call' || op === 'rcall') && Array.isArray(args) ? [String(args[0])] : []
  return [...name, ...callsIn(args)]
}

function variablesIn(ast: unknown, known: ReadonlyMap<string, VariableType>): string[] {
  const found = new Set<string>()
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit)
    if (typeof node !== 'object' || node === null) return
    const { op, args } = node as { op?: unknown; args?: unknown }
    if (op === 'id' && typeof args === 'string' && known.has(args)) found.add(args)
    else visit(args)
  }
  visit(ast)
  return [...found]
}
