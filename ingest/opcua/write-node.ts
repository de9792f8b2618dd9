import type { Clock } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import { rawFor, toldBy } from '#devices/opcua-value.ts'
import type { Value } from '#devices/reading.ts'
import { isSafetyEquipment } from '#devices/safety.ts'
import { WriteFailed } from '../write-failed.ts'
import type { Item } from './item.ts'
import type { Life } from './life.ts'
import type { OpcUa } from './library.ts'

/** A controller may take a cycle between answering and holding the value. */
const LOOKS = 3
const BETWEEN_LOOKS_MS = 200
/** What decimals lose on their way through a float. */
const ROUNDING = 1e-6

type Writing = Readonly<{
  opcua: OpcUa
  life: Life | null
  item: Item
  owner: Device
  value: Value
  signal: AbortSignal
  mayStill: (() => boolean) | undefined
  clock: Clock
}>

/**
 * Sends once, never again, and reads back whatever was answered: what counts is what the node holds. Rejects with
 * `WriteFailed`. Nothing goes to a profile of lift or fire equipment, whatever it came to say.
 */
export async function writeOnce({ opcua, life, item, owner, value, signal, mayStill, clock }: Writing): Promise<Value> {
  const { definition, nodeId: written, point } = item
  if (isSafetyEquipment(owner.profile)) throw new WriteFailed('invalid', `${owner.profile.kind} is read-only`)
  if (definition.access !== 'rw') throw new WriteFailed('invalid', `${point} is read-only`)
  const raw = rawFor(value, definition).value
  if (raw === null) throw new WriteFailed('invalid', `the point cannot hold ${value}`)
  const nodeId = life?.nodeIds.of(written)
  if (!life || !nodeId || life.session.over.aborted) throw new WriteFailed('unsent', 'there is no session')
  const { services } = life.session
  // The server takes no other type than its own (OPC UA Part 4 §5.11.4).
  const held = await services.read({ nodeId, attributeId: opcua.AttributeIds.Value }, 0).catch(() => null)
  const dataType = held?.value?.dataType
  if (!held || dataType === undefined || dataType === opcua.DataType.Null)
    throw new WriteFailed('unsent', 'the node cannot be read')
  const encoded = encodedAs(opcua, dataType, raw)
  if (encoded === undefined) throw new WriteFailed('invalid', `the node cannot hold ${value}`)
  if (signal.aborted || (mayStill && !mayStill())) throw new WriteFailed('unsent', 'no turn')
  const status = await services
    .write({
      nodeId,
      attributeId: opcua.AttributeIds.Value,
      value: { value: { dataType, value: encoded as never } },
    })
    .catch(() => null)
  if (status && status.value >>> 30 === 2) throw new WriteFailed('refused', status.name)
  let seen: Value | null = null
  for (let look = 1; look <= LOOKS; look++) {
    const [answer] = await life.read([item]).catch(() => [])
    seen = answer ? toldBy(answer.status, answer.raw, definition).value : seen
    if (seen !== null && isSame(seen, value)) return seen
    if (look < LOOKS) await clock.sleep(BETWEEN_LOOKS_MS)
  }
  if (seen === null) throw new WriteFailed('unknown', 'written, and the node cannot be read back')
  throw new WriteFailed('not_taken', `the node holds ${seen}, not ${value}`, seen)
}

function isSame(seen: Value, wanted: Value): boolean {
  if (typeof seen !== 'number' || typeof wanted !== 'number') return seen === wanted
  return Math.abs(seen - wanted) <= Math.abs(wanted) * ROUNDING
}

const WHOLE: Readonly<Record<string, readonly [low: number, high: number]>> = {
  SByte: [-128, 127],
  Byte: [0, 255],
  Int16: [-32_768, 32_767],
  UInt16: [0, 65_535],
  Int32: [-(2 ** 31), 2 ** 31 - 1],
  UInt32: [0, 2 ** 32 - 1],
}

/** The value in the type of the node; undefined when that cannot hold it. */
function encodedAs({ DataType }: OpcUa, dataType: number, raw: Value): Value | undefined {
  const type = DataType[dataType] ?? ''
  if (type === 'Boolean') return typeof raw === 'boolean' ? raw : undefined
  if (type === 'String') return typeof raw === 'string' ? raw : undefined
  if (typeof raw !== 'number') return undefined
  if (type === 'Float' || type === 'Double') return raw
  const range = Object.hasOwn(WHOLE, type) ? WHOLE[type] : undefined
  return range && Number.isInteger(raw) && raw >= range[0] && raw <= range[1] ? raw : undefined
}
