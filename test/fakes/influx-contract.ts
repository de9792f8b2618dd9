import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'

type Schema = Record<string, unknown>
type Parameter = Readonly<{ name: string; in: string; required?: boolean; schema: Schema }>
type Body = Readonly<{ content?: Record<string, { schema?: Schema }>; required?: boolean }>
type Operation = Readonly<{ parameters?: Schema[]; requestBody?: Body; responses: Record<string, Schema> }>
type Contract = Readonly<{ paths: Record<string, Record<string, Operation>>; components: Record<string, unknown> }>

const FILE = join(process.env['CARETAKER_TEST_DATA'] ?? resolve('../shared/data'), 'influx-openapi', 'oss-v2.yml.gz')

/** Why the contract cannot be held, or false. */
export const withoutContract = existsSync(FILE) ? false : 'CARETAKER_TEST_DATA holds no influx-openapi'

export type Exchange = Readonly<{
  method: string
  url: URL
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: string
  answer: Readonly<{ status: number; type: string; body: string }>
}>

let held: ReturnType<typeof readContract> | undefined

/** The contract, read once. */
export function influxContract(): (exchange: Exchange) => string[] {
  return (held ??= readContract())
}

/** What of a request and its answer is not as the published contract of InfluxDB 2 says; nothing for other paths. */
function readContract(): (exchange: Exchange) => string[] {
  const contract = parse(gunzipSync(readFileSync(FILE)).toString()) as Contract
  const ajv = new Ajv({ strict: false, validateFormats: false, coerceTypes: true, allErrors: true })
  ajv.addSchema(contract, 'contract')
  const validators = new Map<string, ValidateFunction>()
  /** `$ref` within the file; ajv follows those inside of schemas by itself. */
  const resolved = <T>(value: Schema): T => {
    const ref = value['$ref']
    if (typeof ref !== 'string') return value as T
    const path = ref.slice(2).split('/')
    return resolved(path.reduce<unknown>((node, key) => (node as Schema)[key], contract) as Schema)
  }
  const faults = (schema: Schema, value: unknown, what: string): string[] => {
    const absolute = JSON.stringify(schema).replaceAll('"#/', '"contract#/')
    let validate = validators.get(absolute)
    if (!validate) {
      validate = ajv.compile({ type: 'object', properties: { value: JSON.parse(absolute) as Schema } })
      validators.set(absolute, validate)
    }
    const holder = { value }
    return validate(holder) ? [] : [`${what}: ${ajv.errorsText(validate.errors)}`]
  }

  return ({ method, url, headers, body, answer }) => {
    const operation = contract.paths[url.pathname]?.[method.toLowerCase()]
    if (!operation) return url.pathname.startsWith('/api/') ? [`${method} ${url.pathname} is not in the contract`] : []
    const parameters = (operation.parameters ?? []).map((each) => resolved<Parameter>(each))
    const isKnown = (name: string) => parameters.some((each) => each.in === 'query' && each.name === name)
    const found = [...url.searchParams.keys()]
      .filter((name) => !isKnown(name))
      .map((name) => `unknown parameter ${name}`)
    for (const { name, in: place, required, schema } of parameters) {
      const value = place === 'query' ? url.searchParams.get(name) : (headers[name.toLowerCase()] ?? null)
      if (value === null) found.push(...(required ? [`${place} ${name} is missing`] : []))
      // What a client accepts, and the kind of a body, are lists and have parameters of their own in HTTP.
      else if (!/^accept/i.test(name) && !/^content-type$/i.test(name)) found.push(...faults(schema, value, name))
    }
    const sent = bodyOf(operation.requestBody, String(headers['content-type'] ?? ''), body)
    found.push(...(sent === null ? [] : typeof sent === 'string' ? [sent] : faults(sent.schema, sent.value, 'body')))

    const response = operation.responses[answer.status] ?? operation.responses['default']
    if (!response) return [...found, `no answer ${answer.status}`]
    const told = bodyOf(resolved<Body>(response), answer.type, answer.body)
    if (typeof told === 'string') found.push(`answer ${answer.status}: ${told}`)
    else if (told) found.push(...faults(told.schema, told.value, `answer ${answer.status}`))
    return found
  }
}

/** What is to be checked, null when there is nothing to say, or what is wrong with the kind of the body. */
function bodyOf(
  body: Body | undefined,
  type: string,
  text: string,
): { schema: Schema; value: unknown } | string | null {
  if (!body?.content) return null
  if (text === '') return body.required ? 'the body is missing' : null
  const kind = type.split(';')[0]!.trim()
  const content = body.content[kind]
  if (!content) return `${kind || 'no type'} is none of ${Object.keys(body.content).join(', ')}`
  return { schema: content.schema ?? {}, value: kind === 'application/json' ? (JSON.parse(text) as unknown) : text }
}
