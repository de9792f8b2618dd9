import { Environment } from '@marcbachmann/cel-js'
import { closest } from './closest.ts'
import { parseDuration } from './duration.ts'
import { type Failure, KNOWN, Program, type Slots, Unsupported } from './expression-program.ts'
import { callsIn, isTree, type Tree } from './expression-tree.ts'
import type { FaultCode, Params } from './fault.ts'
import type { Value } from './reading.ts'
import {
  isWindowFunction,
  LONGEST_WINDOW_MS,
  MOST_WINDOWS,
  SHORTEST_WINDOW_MS,
  WINDOW_FUNCTIONS,
  type WindowFunction,
} from './window-function.ts'

export type VariableType = 'double' | 'bool' | 'string'

/** What a condition reads: the newest value of a point, or what a window makes of its last while. */
export type Input = Readonly<{
  point: string
  type: VariableType
  window?: Readonly<{ of: WindowFunction; overMs: number }>
}>

/** A CEL condition, type-checked against the variables it may use. The one place that knows the CEL library. */
export type Condition = Readonly<{
  text: string
  /** The points it reads, each once. */
  variables: readonly string[]
  /** In the order of the slots. */
  inputs: readonly Input[]
  /**
   * Kleene logic: an empty slot is unknown, `false && unknown` is false, `true || unknown` is true, all else that
   * touches an unknown is unknown. Never throws; `failed` says that the condition itself is wrong. Slots hold values of
   * their input's type (`valueFor`).
   */
  judge(slots: Slots): boolean | 'unknown' | Readonly<{ failed: Failure }>
  /** The same by names of points, for a condition without windows; what fails is unknown. */
  evaluate(values: Readonly<Record<string, Value>>): boolean | 'unknown'
}>

export type ExpressionFault = Readonly<{ code: FaultCode; params: Params; offset: number }>

const LIMITS = { maxAstNodes: 500, maxDepth: 32, maxListElements: 1_000, maxMapEntries: 100, maxCallArguments: 16 }
const MAX_LENGTH = 4_096
/**
 * S22: what is judged for every reading has a cost that can be seen in its text: each node once. So no patterns, and no
 * macros over lists, which multiply. Text of a device is a word, a mode; longer than this it is unknown.
 */
const FUNCTIONS = new Set([KNOWN, 'size', 'contains', 'startsWith', 'endsWith', 'int', 'double', 'string', 'bool'])
const MAX_TEXT = 1_024

/** Points are doubles and people write `pressure * 2`: mixed arithmetic and equality keep that natural. */
function environmentOf(variables: ReadonlyMap<string, VariableType>): Environment {
  const environment = new Environment({ limits: LIMITS })
  // The library checks types; our own program computes.
  const unused = () => {
    throw new Error('never evaluated by the library')
  }
  for (const sign of ['+', '-', '*', '/']) {
    environment.registerOperator(`double ${sign} int: double`, unused)
    environment.registerOperator(`int ${sign} double: double`, unused)
  }
  environment.registerOperator('double == int: bool', unused)
  for (const [name, types] of Object.entries(WINDOW_FUNCTIONS))
    for (const type of types) environment.registerFunction(`${name}(${type}, string): double`, unused)
  for (const type of ['double', 'bool', 'string']) environment.registerFunction(`${KNOWN}(${type}): bool`, unused)
  for (const [name, type] of variables) environment.registerVariable(name, type)
  return environment
}

/** A value as a slot of this type may hold it; what is no such value is unknown. */
export function valueFor(type: VariableType, value: Value | null): Value | undefined {
  switch (typeof value) {
    case 'number':
      return type === 'double' && Number.isFinite(value) ? value : undefined
    case 'string':
      return type === 'string' && value.length <= MAX_TEXT ? value : undefined
    case 'boolean':
      return type === 'bool' ? value : undefined
    default:
      return undefined
  }
}

export function compileCondition(
  text: string,
  variables: ReadonlyMap<string, VariableType>,
): { condition: Condition } | { fault: ExpressionFault } {
  const bad = (detail: string, offset = 0) => ({
    fault: { code: 'bad_expression', params: { detail }, offset } as const,
  })
  if (text.length > MAX_LENGTH) return bad(`longer than ${MAX_LENGTH} characters`)
  const environment = environmentOf(variables)
  const checked = environment.check(text)
  if (!checked.valid) return { fault: faultOf(checked.error, text, variables) }
  if (checked.type !== 'bool') return bad(`a condition must be true or false, this is ${checked.type}`)
  const tree = environment.parse(text).ast as unknown as Tree
  const foreign = callsIn(tree).find(({ name }) => !FUNCTIONS.has(name) && !isWindowFunction(name))
  if (foreign) {
    const known = [...FUNCTIONS, ...Object.keys(WINDOW_FUNCTIONS)].join(', ')
    return bad(`${foreign.name}() is not one of ${known}`, Math.max(text.indexOf(foreign.name), 0))
  }
  try {
    return { condition: conditionOf(text, tree, variables) }
  } catch (error) {
    if (error instanceof Unsupported) return bad(error.message, error.at)
    throw error
  }
}

function conditionOf(text: string, tree: Tree, variables: ReadonlyMap<string, VariableType>): Condition {
  const inputs: Input[] = []
  const slots = new Map<string, number>()
  const slotFor = (input: Input): number => {
    const key = `${input.point} ${input.window?.of} ${input.window?.overMs}`
    const known = slots.get(key)
    if (known !== undefined) return known
    slots.set(key, inputs.length)
    return inputs.push(input) - 1
  }
  const program = new Program(tree, (node) => {
    const window = windowIn(node, variables)
    if (window) return { slot: slotFor(window), kind: 'double' }
    const type = node.op === 'id' ? variables.get(String(node.args)) : undefined
    return type ? { slot: slotFor({ point: String(node.args), type }), kind: type } : null
  })
  if (inputs.filter(({ window }) => window).length > MOST_WINDOWS)
    throw new Unsupported(`more than ${MOST_WINDOWS} windows`, 0)
  return {
    text,
    variables: [...new Set(inputs.map(({ point }) => point))],
    inputs,
    judge(values) {
      const result = program.judge(values)
      if (result !== undefined) return result
      return program.failure === null ? 'unknown' : { failed: program.failure }
    },
    evaluate(values) {
      return program.judge(inputs.map(({ point, type }) => valueFor(type, values[point] ?? null))) ?? 'unknown'
    },
  }
}

/** `avg(outlet_pressure, "10m")`: a point by its name, and how far back. */
function windowIn(node: Tree, variables: ReadonlyMap<string, VariableType>): Input | null {
  if (node.op !== 'call' || !Array.isArray(node.args)) return null
  const [name, operands] = node.args as [string, readonly Tree[]]
  if (!isWindowFunction(name)) return null
  const [point, over] = operands
  if (!isTree(point) || point.op !== 'id')
    throw new Unsupported(`${name}() looks back at one point, by its name`, point?.start ?? node.start)
  const overMs = over?.op === 'value' && typeof over.args === 'string' ? parseDuration(over.args) : null
  if (overMs === null) throw new Unsupported(`${name}() looks back so far as "10m"`, over?.start ?? node.start)
  if (overMs < SHORTEST_WINDOW_MS || overMs > LONGEST_WINDOW_MS)
    throw new Unsupported('a window is 1s to 31d long', over!.start)
  return { point: String(point.args), type: variables.get(String(point.args))!, window: { of: name, overMs } }
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
