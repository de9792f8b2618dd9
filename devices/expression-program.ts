import { CONVERSIONS } from './expression-conversions.ts'
import { operandsOf, type Tree } from './expression-tree.ts'
import type { Value } from './reading.ts'

/** The newest values of what a condition reads, each in its place; undefined is unknown. */
export type Slots = readonly (Value | undefined)[]

/** Why a condition cannot be judged although all it reads is known: it is wrong, not its data. */
export type Failure = 'division_by_zero' | 'no_number' | 'no_conversion'

/** Undefined is unknown: Kleene's logic. A failure is noted and is unknown, too. */
type Part<T> = (slots: Slots) => T | undefined
type Kind = 'int' | 'double' | 'bool' | 'string'
type Typed = Readonly<{ kind: Kind; part: Part<Value>; constant?: Value }>

/** What a text of a condition may be no matter how long it is; beyond it the condition cannot run. */
export class Unsupported extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/**
 * A checked tree as closures, so that nothing is looked up while readings come: each node is one call. Rejected: code
 * made of text, which would be three times as fast and a door.
 *
 * It is stricter than CEL in one point: a division by zero and what is no finite number fail, instead of being compared.
 */
export class Program {
  /** Of the last judgement; null when it went well or could not be known. */
  failure: Failure | null = null
  readonly #judge: Part<boolean>
  readonly #slotOf: (tree: Tree) => { slot: number; kind: Kind } | null

  constructor(tree: Tree, slotOf: (tree: Tree) => { slot: number; kind: Kind } | null) {
    this.#slotOf = slotOf
    this.#judge = this.#bool(tree)
  }

  judge(slots: Slots): boolean | undefined {
    this.failure = null
    const result = this.#judge(slots)
    // What did not matter in the end is not worth a word: false && (1 / 0 > 1) is false.
    if (result !== undefined) this.failure = null
    return result
  }

  #fail(failure: Failure): undefined {
    this.failure ??= failure
    return undefined
  }

  #of(tree: Tree): Typed {
    const found = this.#slotOf(tree)
    if (found) {
      const { slot, kind } = found
      return { kind, part: (slots) => slots[slot] }
    }
    switch (tree.op) {
      case 'value':
        return this.#constant(tree)
      case '?:':
        return this.#choice(tree)
      case '&&':
      case '||':
      case '!_':
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
      case 'in':
        return { kind: 'bool', part: this.#bool(tree) }
      case '-_': {
        const { kind, part } = this.#of(tree.args as Tree)
        return { kind, part: (slots) => negated(part(slots) as number | undefined) }
      }
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return this.#arithmetic(tree)
      case 'call':
      case 'rcall':
        return this.#call(tree)
      default:
        throw new Unsupported(WORDS[tree.op] ?? `${tree.op} has no place in a condition`, tree.start)
    }
  }

  #constant(tree: Tree): Typed {
    const { args } = tree
    if (typeof args === 'bigint' && Number.isSafeInteger(Number(args))) return constant('int', Number(args))
    if (typeof args === 'number') return constant('double', args)
    if (typeof args === 'string') return constant('string', args)
    if (typeof args === 'boolean') return constant('bool', args)
    throw new Unsupported('write a number, a text, true or false', tree.start)
  }

  #bool(tree: Tree): Part<boolean> {
    switch (this.#slotOf(tree) ? '' : tree.op) {
      case '&&':
        return allOf(flat(tree, '&&').map((each) => this.#bool(each)))
      case '||':
        return anyOf(flat(tree, '||').map((each) => this.#bool(each)))
      case '!_': {
        const part = this.#bool(tree.args as Tree)
        return (slots) => {
          const value = part(slots)
          return value === undefined ? undefined : !value
        }
      }
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#comparison(tree)
      case 'in':
        return this.#membership(tree)
      default:
        return this.#of(tree).part as Part<boolean>
    }
  }

  #comparison(tree: Tree): Part<boolean> {
    const [left, right] = operandsOf(tree)
    const a = this.#slotOf(left!)
    const b = this.#of(right!)
    // The most common of all, a point against a constant, in one call.
    if (a && b.constant !== undefined) return slotAgainst(tree.op, a.slot, b.constant)
    return compared(tree.op, this.#of(left!).part, b.part)
  }

  #membership(tree: Tree): Part<boolean> {
    const [item, list] = operandsOf(tree)
    if (list!.op !== 'list') throw new Unsupported('write a list after in: mode in ["stopped", "fault"]', list!.start)
    const { part } = this.#of(item!)
    const entries = operandsOf(list!).map((entry) => this.#of(entry))
    const constants = new Set(entries.flatMap((entry) => (entry.constant === undefined ? [] : [entry.constant])))
    if (constants.size > 0 && entries.every((entry) => entry.constant !== undefined)) {
      return (slots) => {
        const value = part(slots)
        return value === undefined ? undefined : constants.has(value)
      }
    }
    return anyOf(entries.map((entry) => compared('==', part, entry.part)))
  }

  #choice(tree: Tree): Typed {
    const [test, yes, no] = operandsOf(tree)
    const asked = this.#bool(test!)
    const a = this.#of(yes!)
    const b = this.#of(no!)
    return {
      kind: a.kind,
      part: (slots) => {
        const answer = asked(slots)
        return answer === undefined ? undefined : answer ? a.part(slots) : b.part(slots)
      },
    }
  }

  #arithmetic(tree: Tree): Typed {
    const [left, right] = operandsOf(tree).map((operand) => this.#of(operand))
    const { op } = tree
    if (left!.kind === 'string') {
      return {
        kind: 'string',
        part: (slots) => {
          const a = left!.part(slots)
          const b = right!.part(slots)
          return a === undefined || b === undefined ? undefined : (a as string) + (b as string)
        },
      }
    }
    const kind = left!.kind === 'double' || right!.kind === 'double' ? 'double' : 'int'
    return { kind, part: this.#number(op, left!.part as Part<number>, right!.part as Part<number>, kind === 'int') }
  }

  #number(op: string, left: Part<number>, right: Part<number>, isWhole: boolean): Part<number> {
    const apply = ARITHMETIC[op]!
    const isDivision = op === '/' || op === '%'
    return (slots) => {
      const a = left(slots)
      const b = right(slots)
      if (a === undefined || b === undefined) return undefined
      if (isDivision && b === 0) return this.#fail('division_by_zero')
      const result = isWhole && op === '/' ? Math.trunc(a / b) : apply(a, b)
      return Number.isFinite(result) && (!isWhole || Number.isSafeInteger(result)) ? result : this.#fail('no_number')
    }
  }

  /** The one thing that is never unknown itself: whether a point says anything. */
  #known(point: Tree | undefined, { start }: Tree): Typed {
    const found = point && this.#slotOf(point)
    if (!found) throw new Unsupported(`${KNOWN}() asks for one point, by its name`, start)
    return { kind: 'bool', part: (slots) => slots[found.slot] !== undefined }
  }

  #call(tree: Tree): Typed {
    const [name, ...rest] = tree.args as [string, ...unknown[]]
    const operands = rest.flat().filter((each) => typeof each === 'object' && each !== null) as Tree[]
    if (name === 'size' && operands[0]?.op === 'list')
      throw new Unsupported('size() is that of a text', operands[0].start)
    if (name === KNOWN) return this.#known(operands[0], tree)
    const [first, second] = operands.map((operand) => this.#of(operand))
    const kind = RESULT_OF[name]
    if (!first || !kind) throw new Unsupported(`${name}() has no place in a condition`, tree.start)
    const make = second ? undefined : CONVERSIONS[name]
    if (make) {
      return {
        kind,
        part: (slots) => {
          const value = first.part(slots)
          if (value === undefined) return undefined
          const made = make(value)
          return made === undefined ? this.#fail('no_conversion') : made
        },
      }
    }
    const test = TEXT_TESTS[name]
    if (!test || !second) throw new Unsupported(`${name}() has no place in a condition`, tree.start)
    return {
      kind,
      part: (slots) => {
        const text = first.part(slots)
        const other = second.part(slots)
        return text === undefined || other === undefined ? undefined : test(text as string, other as string)
      },
    }
  }
}

/** `known(passenger_present)`: a lift without that sensor is judged by what it has. */
export const KNOWN = 'known'

const WORDS: Readonly<Record<string, string>> = {
  list: 'a list stands after in: mode in ["stopped", "fault"]',
  map: 'there are no maps in a condition',
  '.': 'a point has no parts',
  '[]': 'a point has no parts',
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

const RESULT_OF: Readonly<Record<string, Kind>> = {
  size: 'int',
  int: 'int',
  double: 'double',
  string: 'string',
  bool: 'bool',
  contains: 'bool',
  startsWith: 'bool',
  endsWith: 'bool',
}

const TEXT_TESTS: Readonly<Record<string, (text: string, other: string) => boolean>> = {
  contains: (text, other) => text.includes(other),
  startsWith: (text, other) => text.startsWith(other),
  endsWith: (text, other) => text.endsWith(other),
}

function constant(kind: Kind, value: Value): Typed {
  return { kind, part: () => value, constant: value }
}

function negated(value: number | undefined): number | undefined {
  return value === undefined ? undefined : -value
}

/** `a && b && c` is one node with three parts. */
function flat(tree: Tree, op: string): Tree[] {
  return operandsOf(tree).flatMap((operand) => (operand.op === op ? flat(operand, op) : [operand]))
}

function allOf(parts: readonly Part<boolean>[]): Part<boolean> {
  if (parts.length === 2) {
    const [left, right] = parts as [Part<boolean>, Part<boolean>]
    return (slots) => {
      const a = left(slots)
      if (a === false) return false
      const b = right(slots)
      return b === false ? false : a === undefined || b === undefined ? undefined : true
    }
  }
  return (slots) => {
    let result: boolean | undefined = true
    for (let i = 0; i < parts.length; i++) {
      const value = parts[i]!(slots)
      if (value === false) return false
      if (value === undefined) result = undefined
    }
    return result
  }
}

function anyOf(parts: readonly Part<boolean>[]): Part<boolean> {
  if (parts.length === 2) {
    const [left, right] = parts as [Part<boolean>, Part<boolean>]
    return (slots) => {
      const a = left(slots)
      if (a === true) return true
      const b = right(slots)
      return b === true ? true : a === undefined || b === undefined ? undefined : false
    }
  }
  return (slots) => {
    let result: boolean | undefined = false
    for (let i = 0; i < parts.length; i++) {
      const value = parts[i]!(slots)
      if (value === true) return true
      if (value === undefined) result = undefined
    }
    return result
  }
}

function slotAgainst(op: string, slot: number, limit: Value): Part<boolean> {
  const known = (test: (value: Value) => boolean): Part<boolean> => {
    return (slots) => {
      const value = slots[slot]
      return value === undefined ? undefined : test(value)
    }
  }
  if (typeof limit !== 'number') {
    const compare = COMPARISONS[op]!
    return known((value) => compare(value, limit))
  }
  // One closure for each sign: a comparison that is called by name is not inlined.
  switch (op) {
    case '<':
      return (slots) => {
        const value = slots[slot]
        return value === undefined ? undefined : (value as number) < limit
      }
    case '<=':
      return (slots) => {
        const value = slots[slot]
        return value === undefined ? undefined : (value as number) <= limit
      }
    case '>':
      return (slots) => {
        const value = slots[slot]
        return value === undefined ? undefined : (value as number) > limit
      }
    case '>=':
      return (slots) => {
        const value = slots[slot]
        return value === undefined ? undefined : (value as number) >= limit
      }
    case '==':
      return known((value) => value === limit)
    default:
      return known((value) => value !== limit)
  }
}

const COMPARISONS: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

function compared(op: string, left: Part<Value>, right: Part<Value>): Part<boolean> {
  const compare = COMPARISONS[op]!
  return (slots) => {
    const a = left(slots)
    const b = right(slots)
    return a === undefined || b === undefined ? undefined : compare(a, b)
  }
}
