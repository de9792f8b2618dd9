import type { ReferenceDescription } from 'node-opcua'
import { Fault } from '#devices/fault.ts'
import type { Value } from '#devices/reading.ts'
import type { Life } from './life.ts'
import type { OpcUa } from './library.ts'
import { plainValueOf } from './plain-value.ts'

/** Of one answer; whoever wants more asks for the next part. */
const PART = 100
/** A node with more below it than this is not shown to its end. */
const MOST = 10_000

/** One node below another. `nodeId` is written as a profile takes it. */
export type Leaf = Readonly<{
  nodeId: string
  name: string
  kind: 'object' | 'variable' | 'method' | 'other'
  /** Of a variable: what it holds now, as far as it is a plain value. */
  value?: Value | null
  type?: string
  status?: string
  /** Of a variable: may be written by this session. */
  isWritable?: boolean
}>
export type Branch = Readonly<{ items: readonly Leaf[]; next: number | null }>

/** What stands below a node in its hierarchy, from the so-manieth on, with the values of variables read at once. */
export async function browse(opcua: OpcUa, life: Life, written: string, from: number): Promise<Branch> {
  const nodeId = life.nodeIds.of(written)
  if (nodeId === null) throw new Fault('server_refused', { detail: 'BadNodeIdUnknown' })
  const { services } = life.session
  const found: ReferenceDescription[] = []
  let hasMore = false
  try {
    let result = await services.browse({
      nodeId,
      browseDirection: opcua.BrowseDirection.Forward,
      referenceTypeId: 'HierarchicalReferences',
      includeSubtypes: true,
      nodeClassMask: opcua.makeNodeClassMask('Object | Variable | Method'),
      resultMask: opcua.makeResultMask('NodeClass | BrowseName | DisplayName'),
    })
    for (;;) {
      if (result.statusCode.isNotGood()) throw new Fault('server_refused', { detail: result.statusCode.name })
      found.push(...(result.references ?? []))
      const point = result.continuationPoint
      hasMore = point !== null && point !== undefined && point.length > 0
      if (!hasMore) break
      const isEnough = found.length > from + PART || found.length >= MOST
      // A server keeps few of these at a time: what is not wanted is given back.
      result = await services.browseNext(point as Buffer, isEnough)
      if (isEnough) break
    }
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('server_refused', { detail: (error as Error).message.split('\n')[0]!.slice(0, 200) })
  }
  const part = found.slice(from, from + PART)
  const items = await leavesOf(opcua, life, part)
  return { items, next: found.length > from + PART || (hasMore && part.length === PART) ? from + PART : null }
}

async function leavesOf(
  opcua: OpcUa,
  { session, nodeIds }: Life,
  found: readonly ReferenceDescription[],
): Promise<Leaf[]> {
  const { AttributeIds, NodeClass } = opcua
  const variables = found.filter(({ nodeClass }) => nodeClass === NodeClass.Variable)
  const attributes = [AttributeIds.Value, AttributeIds.UserAccessLevel] as const
  const values =
    variables.length === 0
      ? []
      : await session.services
          .read(
            variables.flatMap(({ nodeId }) => attributes.map((attributeId) => ({ nodeId, attributeId }))),
            0,
          )
          .catch(() => [])
  return found.map((reference): Leaf => {
    const { nodeId, nodeClass, displayName, browseName } = reference
    const leaf = {
      nodeId: nodeIds.written(nodeId),
      name: (displayName.text ?? browseName.name ?? nodeId.toString()).slice(0, 200),
    }
    if (nodeClass !== NodeClass.Variable) {
      const kind = nodeClass === NodeClass.Object ? 'object' : nodeClass === NodeClass.Method ? 'method' : 'other'
      return { ...leaf, kind }
    }
    const at = variables.indexOf(reference) * attributes.length
    const [value, access] = [values[at], values[at + 1]]
    if (!value) return { ...leaf, kind: 'variable' }
    const plain = plainValueOf(opcua, value)
    const level: unknown = access?.value?.value
    return {
      ...leaf,
      kind: 'variable',
      value: isPlain(plain) ? (typeof plain === 'string' ? plain.slice(0, 200) : plain) : null,
      type: typeOf(opcua, value.value),
      status: value.statusCode.name,
      isWritable: typeof level === 'number' && (level & opcua.AccessLevelFlag.CurrentWrite) !== 0,
    }
  })
}

function isPlain(value: unknown): value is Value {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
}

function typeOf({ DataType, VariantArrayType }: OpcUa, variant: { dataType: number; arrayType: number } | undefined) {
  if (!variant) return 'Null'
  const name = DataType[variant.dataType] ?? String(variant.dataType)
  return variant.arrayType === VariantArrayType.Scalar ? name : `${name}[]`
}
