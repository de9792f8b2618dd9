import type { WrittenDocument } from './document.ts'
import { parseDuration } from './duration.ts'
import type { ConfigFault } from './fault.ts'
import type { OpcUaProfile } from './opcua-source.ts'
import { type Point, valueTypeOf } from './point.ts'

type Owner = Readonly<{
  opcua?: OpcUaProfile | undefined
  modbus?: unknown
  points: Readonly<Record<string, Point>>
  examples: readonly Readonly<{ opcua?: Readonly<Record<string, unknown>> }>[]
}>

/** What a schema cannot say of OPC UA mappings: keys that contradict each other, and examples of other nodes. */
export function opcuaFaults(owner: Owner, document: Pick<WrittenDocument<unknown>, 'faultAt'>): ConfigFault[] {
  const faults: ConfigFault[] = []
  const nodes = new Set<string>()
  if (owner.opcua && owner.modbus)
    faults.push(
      document.faultAt(['opcua'], 'wrong_value', { key: 'opcua', detail: 'a device speaks Modbus, or OPC UA' }),
    )
  for (const [name, point] of Object.entries(owner.points)) {
    const { opcua } = point
    if (!opcua) continue
    nodes.add(opcua.node_id)
    const wrong = (key: string, detail: string) =>
      faults.push(document.faultAt(['points', name, 'opcua', key], 'wrong_value', { key, detail }))
    if (!owner.opcua) faults.push(document.faultAt(['points', name, 'opcua'], 'missing_key', { key: 'opcua' }))
    if (point.modbus ?? point.mqtt ?? point.lorawan ?? point.linear) wrong('node_id', 'a point comes by one road only')
    if (opcua.deadband !== undefined && opcua.deadband_percent !== undefined)
      wrong('deadband_percent', 'give either deadband or deadband_percent')
    if ((opcua.deadband ?? opcua.deadband_percent) !== undefined && (valueTypeOf(point) !== 'number' || opcua.map))
      wrong(opcua.deadband === undefined ? 'deadband_percent' : 'deadband', 'only a number has a deadband')
    if (opcua.scale === 0) wrong('scale', 'not 0')
    if (opcua.sampling !== undefined && !((parseDuration(opcua.sampling) ?? 0) > 0)) wrong('sampling', 'longer than 0')
  }
  owner.examples.forEach(({ opcua = {} }, i) => {
    for (const node of Object.keys(opcua))
      if (!nodes.has(node))
        faults.push(document.faultAt(['examples', i, 'opcua', node], 'unknown_reference', { kind: 'node', id: node }))
  })
  return faults
}
