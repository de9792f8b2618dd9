import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Static, TSchema } from 'typebox'
import { isMap, LineCounter, type Node, parseDocument } from 'yaml'
import { closest } from './closest.ts'
import type { ConfigFault, FaultCode, Params } from './fault.ts'

export type Path = readonly (string | number)[]

/**
 * A YAML text that a person wrote, read against a JSON Schema.
 * Every fault knows its line and column; all are found in one go. No I/O: the caller brings the text.
 */
export type WrittenDocument<T> = Readonly<{
  file: string
  /** Present when the text could be parsed; parts named by a fault may be of the wrong shape. */
  value: T | undefined
  faults: readonly ConfigFault[]
  /** Where the schema faults stand, so that a reader can leave out just those parts. */
  broken: readonly Path[]
  /** A fault at a place of this document, for checks that a schema cannot make. */
  faultAt(path: Path, code: FaultCode, params?: Params, offset?: number): ConfigFault
}>

const validators = new WeakMap<TSchema, ValidateFunction>()

function validatorOf(schema: TSchema): ValidateFunction {
  let validate = validators.get(schema)
  if (!validate) {
    validate = new Ajv({
      allErrors: true,
      verbose: true,
      discriminator: true,
      strict: false,
      allowUnionTypes: true,
    }).compile(schema)
    validators.set(schema, validate)
  }
  return validate
}

export function readDocument<S extends TSchema>(schema: S, text: string, file: string): WrittenDocument<Static<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const positioned = (offset: number, code: FaultCode, params: Params): ConfigFault => {
    const { line, col } = lines.linePos(offset)
    return { code, params, file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const faultAt = (path: Path, code: FaultCode, params: Params = {}, offset = 0): ConfigFault => {
    const node = (path.length ? document.getIn(path, true) : document.contents) as Node | undefined
    return positioned((node?.range?.[0] ?? offsetOfParent(path)) + offset, code, params)
  }
  /** Where a missing node would stand: its nearest parent that exists. */
  const offsetOfParent = (path: Path): number => {
    for (let depth = path.length - 1; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true) as Node | undefined
      if (node?.range) return node.range[0]
    }
    return 0
  }
  const offsetOfKey = (path: Path, key: string): number | undefined => {
    const node = path.length ? document.getIn(path, true) : document.contents
    if (!isMap(node)) return undefined
    return (node.items.find((pair) => String(pair.key) === key)?.key as Node | undefined)?.range?.[0]
  }

  if (document.errors.length > 0) {
    const faults = document.errors.map((error) =>
      positioned(error.pos[0], error.code === 'DUPLICATE_KEY' ? 'duplicate_id' : 'yaml_syntax', {
        detail: error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''),
      }),
    )
    return { file, value: undefined, faults, broken: [], faultAt }
  }

  const value: unknown = document.toJS({ maxAliasCount: 100 })
  const validate = validatorOf(schema)
  validate(value)
  const broken: Path[] = []
  const faults = (validate.errors ?? []).filter(isTelling).map((error) => {
    const path = pathOf(error.instancePath)
    const { code, params, key } = explain(error)
    broken.push(path)
    const offset = key === undefined ? undefined : offsetOfKey(path, key)
    return offset === undefined ? faultAt(path, code, params) : positioned(offset, code, params)
  })
  return { file, value: value as Static<S>, faults: unique(faults), broken, faultAt }
}

function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}

/** `if`/`anyOf` wrappers repeat what their branches already say. */
function isTelling(error: ErrorObject): boolean {
  return !['if', 'anyOf', 'oneOf'].includes(error.keyword)
}

function explain(error: ErrorObject): { code: FaultCode; params: Params; key?: string } {
  const where = error.instancePath.split('/').at(-1) ?? ''
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty'])
      const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object)
      const hint = closest(key, known)
      return { code: 'unknown_key', params: hint ? { key, hint } : { key }, key }
    }
    case 'required':
      return { code: 'missing_key', params: { key: String(error.params['missingProperty']) } }
    case 'type':
      return { code: 'wrong_type', params: { key: where, expected: String(error.params['type']) } }
    case 'enum':
    case 'const': {
      const allowed = (error.params['allowedValues'] ?? [error.params['allowedValue']]) as unknown[]
      return { code: 'not_allowed_value', params: { key: where, allowed: allowed.map(String).join(', ') } }
    }
    case 'discriminator':
      return { code: 'wrong_value', params: { key: String(error.params['tag']), detail: 'unknown kind' } }
    default:
      return { code: 'wrong_value', params: { key: where, detail: error.message ?? error.keyword } }
  }
}

/**
 * Checks that a schema cannot make, on a value that may be of the wrong shape: where the shape is so wrong that the
 * check itself fails, the schema has already said so.
 */
export function checked(check: () => ConfigFault[]): ConfigFault[] {
  try {
    return check()
  } catch {
    return []
  }
}

function unique(faults: ConfigFault[]): ConfigFault[] {
  const seen = new Set<string>()
  return faults.filter((fault) => {
    const key = `${fault.line}:${fault.column}:${fault.code}:${JSON.stringify(fault.params)}`
    return !seen.has(key) && seen.add(key)
  })
}
