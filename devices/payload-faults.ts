import { closest } from './closest.ts'
import type { WrittenDocument } from './document.ts'
import type { ConfigFault, FaultCode, Params } from './fault.ts'
import { endOf, type Field, FIELD_BYTES, type Part, type PayloadLayout } from './payload-layout.ts'
import { type LorawanProfile, type MqttProfile, type Parameters, topicsOf } from './payload-source.ts'
import { type Point, valueTypeOf } from './point.ts'

/** As much of a profile as its payloads are judged by. */
type Owner = Readonly<{
  modbus?: unknown
  mqtt?: MqttProfile | undefined
  lorawan?: LorawanProfile | undefined
  parameters?: Parameters | undefined
  points: Readonly<Record<string, Point>>
}>

type Path = readonly (string | number)[]
type Blame = (at: Path, code: FaultCode, params?: Params) => void

/** What a schema cannot say of MQTT and LoRaWAN mappings: references, and keys that contradict each other. */
export function payloadFaults(owner: Owner, document: Pick<WrittenDocument<unknown>, 'faultAt'>): ConfigFault[] {
  const faults: ConfigFault[] = []
  const blame: Blame = (at, code, params = {}) => faults.push(document.faultAt(at, code, params))
  const { mqtt, lorawan, parameters = {}, points } = owner
  if (lorawan && mqtt) wrong(blame, ['lorawan'], 'lorawan', 'a device speaks MQTT itself, or LoRaWAN')
  if (lorawan) sourceFaults(lorawan, blame)
  for (const [name, { default: value, range: [low, high] = [] }] of Object.entries(parameters))
    if ((low !== undefined && value < low) || (high !== undefined && value > high))
      wrong(blame, ['parameters', name, 'default'], 'default', 'outside its range')
  const topics = mqtt && topicsOf(mqtt)
  const fields = lorawan?.layout && fieldsOf(lorawan.layout)
  for (const [name, point] of Object.entries(points)) {
    const at = (...rest: Path) => ['points', name, ...rest]
    const unknown = (path: Path, kind: string, id: string, known: Iterable<string>) => {
      const hint = closest(id, known)
      blame(at(...path), 'unknown_reference', { kind, id, ...(hint ? { hint } : {}) })
    }
    if (point.mqtt && topics) {
      const { topic = '', path } = point.mqtt
      const entry = topics.get(topic)
      if (!entry) unknown(['mqtt', 'topic'], 'topic', topic, Object.keys(mqtt.topics ?? {}))
      else if (!entry.isText && path === undefined) blame(at('mqtt'), 'missing_key', { key: 'path' })
      else if (entry.isText && path !== undefined) wrong(blame, at('mqtt', 'path'), 'path', 'a bare value has no path')
    }
    if (point.lorawan) {
      const { path, radio } = point.lorawan
      if (!lorawan) blame(at('lorawan'), 'missing_key', { key: 'lorawan' })
      if ((path === undefined) === (radio === undefined))
        wrong(blame, at('lorawan'), 'lorawan', 'give either path or radio')
      if (fields && path !== undefined && !fields.has(path)) unknown(['lorawan', 'path'], 'field', path, fields)
    }
    if (point.linear) linearFaults(name, point, owner, blame)
  }
  return faults
}

function wrong(blame: Blame, at: Path, key: string, detail: string): void {
  blame(at, 'wrong_value', { key, detail })
}

function linearFaults(name: string, { linear, modbus, mqtt, lorawan }: Point, owner: Owner, blame: Blame): void {
  const { of, from, to, plausible } = linear!
  const at = (...rest: Path) => ['points', name, 'linear', ...rest]
  const base = of !== name && Object.hasOwn(owner.points, of) ? owner.points[of] : undefined
  if (modbus ?? mqtt ?? lorawan) wrong(blame, at(), 'linear', 'it comes from the other point, or from the wire')
  if (!base) {
    const others = Object.keys(owner.points).filter((other) => other !== name)
    const hint = closest(of, others)
    blame(at('of'), 'unknown_reference', { kind: 'point', id: of, ...(hint ? { hint } : {}) })
  } else if (!(base.mqtt ?? base.lorawan) || valueTypeOf(base) !== 'number')
    wrong(blame, at('of'), 'of', `${of} is no number of a message`)
  for (const [key, ends] of [
    ['from', from],
    ['to', to],
  ] as const)
    ends.forEach((end, i) => {
      if (typeof end === 'number' || Object.hasOwn(owner.parameters ?? {}, end)) return
      const hint = closest(end, Object.keys(owner.parameters ?? {}))
      blame(at(key, i), 'unknown_reference', { kind: 'parameter', id: end, ...(hint ? { hint } : {}) })
    })
  if (from[0] === from[1]) wrong(blame, at('from'), 'from', 'two different values')
  if (plausible && plausible[0]! > plausible[1]!)
    wrong(blame, at('plausible'), 'plausible', 'the lower end comes first')
}

function sourceFaults({ layout, codec, decoded }: LorawanProfile, blame: Blame): void {
  if ([layout, codec, decoded].filter((each) => each !== undefined && each !== false).length !== 1)
    wrong(blame, ['lorawan'], 'lorawan', 'give one of layout, codec, decoded')
  layout?.frames.forEach((frame, i) => {
    const at = (...rest: Path) => ['lorawan', 'layout', 'frames', i, ...rest]
    const isEmpty = !(frame.fields ?? frame.tlv ?? frame.groups ?? frame.repeat)
    if (isEmpty !== (frame.ignore === true)) wrong(blame, at(), 'frames', 'say what stands in it, or ignore: true')
    fieldFaults(frame.fields, at('fields'), blame, frame.length)
    const heads = Object.keys(frame.tlv?.items ?? {})
    for (const head of heads)
      if (head.length !== heads[0]!.length) wrong(blame, at('tlv', 'items', head), head, 'all heads have one length')
    for (const [head, part] of Object.entries(frame.tlv?.items ?? {})) partFaults(part, at('tlv', 'items', head), blame)
    frame.groups?.list.forEach((part, j) => partFaults(part, at('groups', 'list', j), blame))
    if (frame.repeat) partFaults(frame.repeat, at('repeat'), blame)
  })
}

function partFaults({ fields, length }: Part, at: Path, blame: Blame): void {
  fieldFaults(fields, [...at, 'fields'], blame, length)
}

function fieldFaults(
  fields: Readonly<Record<string, Field>> = {},
  at: Path,
  blame: Blame,
  length: number | undefined,
): void {
  for (const [name, field] of Object.entries(fields)) {
    const { type = 'uint8', bit, bits } = field
    const no = (key: string, detail: string) => wrong(blame, [...at, name, key], key, detail)
    if (length !== undefined && endOf({ field }) > length)
      wrong(blame, [...at, name], name, `reaches beyond the ${length} bytes`)
    if (bit === undefined && bits === undefined) continue
    if (bit !== undefined && bits !== undefined) no('bits', 'give either bit or bits')
    const [low, high] = bits ?? [bit!, bit!]
    if (type === 'float32' || type === 'hundredths') no(bits ? 'bits' : 'bit', `${type} has no bits to take`)
    if (high! >= FIELD_BYTES[type] * 8)
      no(bits ? 'bits' : 'bit', `${type} has the bits 0 to ${FIELD_BYTES[type] * 8 - 1}`)
    if (low! > high!) no('bits', 'the lowest bit comes first')
  }
}

/** Every name that a layout gives to a value, in whatever part. */
function fieldsOf({ frames }: PayloadLayout): ReadonlySet<string> {
  const names = frames.flatMap(({ fields, tlv, groups, repeat }) => [
    fields,
    ...Object.values(tlv?.items ?? {}).map((part) => part.fields),
    ...(groups?.list ?? []).map((part) => part.fields),
    repeat?.fields,
  ])
  return new Set(names.flatMap((each) => Object.keys(each ?? {})))
}
