import { useState } from 'preact/hooks'
import type { OpcUaNode, OpcUaNodes } from '../../api/opcua-types.ts'
import { useApp } from '../../app-context.ts'
import { Refused } from '../../parts/action.tsx'
import { useAsking } from '../../parts/request.tsx'

/** The address space of a server, each folder read when it is opened. */
export function NodeTree({ server }: { server: string }) {
  const { words } = useApp()
  return (
    <details class="mt-2" data-browse={server}>
      <Folder server={server} node={null} name={words.say('web.opcua.browse')}>
        <p class="quiet text-sm">{words.say('web.opcua.browse.hint')}</p>
      </Folder>
    </details>
  )
}

type FolderProps = Readonly<{
  server: string
  /** Null for where all begins. */
  node: string | null
  name: string
  children?: preact.ComponentChildren
}>

/** Summary and content of a `details`: what stands below is asked for with the first look, part by part. */
function Folder({ server, node, name, children }: FolderProps) {
  const { words, connection } = useApp()
  const asking = useAsking()
  const [nodes, setNodes] = useState<readonly OpcUaNode[] | null>(null)
  const [next, setNext] = useState<number | null>(0)
  const look = async (from: number) => {
    const query = new URLSearchParams({ from: String(from), ...(node === null ? {} : { node }) })
    await asking.ask(async () => {
      const path = `/opcua/${encodeURIComponent(server)}/nodes?${query.toString()}`
      const branch = await connection.get<OpcUaNodes>(path)
      setNodes((before) => [...(from === 0 ? [] : (before ?? [])), ...branch.items])
      setNext(branch.next)
    })
  }
  return (
    <>
      <summary
        class="touch cursor-pointer py-1.5 text-sm font-medium break-words"
        onClick={() => nodes === null && !asking.isBusy && void look(0)}
      >
        {name}
      </summary>
      <div class="border-base-300 ml-1.5 border-l pl-3">
        {children}
        <Refused text={asking.refused} />
        {nodes?.length === 0 && <p class="quiet text-sm">{words.say('web.opcua.browse.none')}</p>}
        <ul>
          {nodes?.map((each) => (
            <li key={each.nodeId} data-node={each.nodeId}>
              {each.kind === 'object' ? (
                <details>
                  <Folder server={server} node={each.nodeId} name={each.name} />
                </details>
              ) : (
                <Variable node={each} />
              )}
            </li>
          ))}
        </ul>
        {nodes !== null && next !== null && (
          <button type="button" class="btn btn-sm touch" disabled={asking.isBusy} onClick={() => void look(next)}>
            {words.say('web.opcua.browse.more')}
          </button>
        )}
      </div>
    </>
  )
}

function Variable({ node }: { node: OpcUaNode }) {
  const { words } = useApp()
  const [isCopied, setCopied] = useState(false)
  const { name, nodeId, value, type, status, isWritable } = node
  const copy = async () => {
    // On plain http the browser has no clipboard for us; the text stands there to be marked.
    await navigator.clipboard?.writeText(nodeId).then(
      () => setCopied(true),
      () => {},
    )
  }
  return (
    <div class="flex flex-wrap items-center gap-x-3 gap-y-0.5 py-1 text-sm">
      <span class="min-w-0 break-words">{name}</span>
      {value !== undefined && value !== null && <span class="font-medium break-all">{String(value)}</span>}
      {type !== undefined && <span class="quiet">{type}</span>}
      {status !== undefined && status !== 'Good' && <span class="text-error">{status}</span>}
      {isWritable && <span class="badge badge-soft badge-sm">{words.say('web.opcua.browse.writable')}</span>}
      <span class="flex basis-full flex-wrap items-center gap-2">
        <code class="quiet min-w-0 text-xs break-all">{nodeId}</code>
        <button type="button" class="btn btn-ghost btn-xs touch" onClick={() => void copy()}>
          {words.say(isCopied ? 'web.opcua.copied' : 'web.opcua.copy')}
        </button>
      </span>
    </div>
  )
}
