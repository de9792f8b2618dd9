import type { NodeId } from 'node-opcua'
import type { ClientSession, OpcUa } from './library.ts'

/** Written node ids as this server counts its namespaces. */
export type NodeIds = Readonly<{
  /** Null where the server has no such namespace, or it is no node id. */
  of(written: string): NodeId | null
  /** As a profile writes it, so that it holds when the server counts otherwise after a restart. */
  written(nodeId: NodeId): string
}>

/** The indices of namespaces may change with every start of a server (OPC UA Part 4 §5.6.4): asked for in each session. */
export async function nodeIdsOf(opcua: OpcUa, services: ClientSession): Promise<NodeIds> {
  const namespaces = await services.readNamespaceArray()
  const known = new Map<string, NodeId | null>()
  const resolved = (written: string): NodeId | null => {
    const named = /^nsu=([^;]+);(.*)$/.exec(written)
    const index = named ? namespaces.indexOf(named[1]!) : null
    if (index === -1) return null
    try {
      return opcua.resolveNodeId(index === null ? written : `ns=${index};${named![2]!}`)
    } catch {
      return null
    }
  }
  return {
    of(written) {
      if (!known.has(written)) known.set(written, resolved(written))
      return known.get(written)!
    },
    written(nodeId) {
      const uri = namespaces[nodeId.namespace]
      const text = nodeId.toString().replace(/^ns=\d+;/, '')
      return nodeId.namespace === 0 || uri === undefined ? nodeId.toString() : `nsu=${uri};${text}`
    },
  }
}
