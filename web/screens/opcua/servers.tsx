import { useEffect, useState } from 'preact/hooks'
import type { OpcUaServer, OpcUaServers } from '../../api/opcua-types.ts'
import { useApp } from '../../app-context.ts'
import { Moment } from '../../parts/moment.tsx'
import { Facts, Panel, Skeletons } from '../../parts/screen.tsx'
import { ApproveDialog } from './approve-dialog.tsx'
import { Certificate } from './certificate.tsx'
import { NodeTree } from './node-tree.tsx'
import { OPC_UA } from './sentences.ts'

const STATE_TINT = { idle: 'badge-info', up: 'badge-success', down: 'badge-error' } as const

export type ServersProps = Readonly<{ servers: OpcUaServers; lookAgain: () => void }>

/** OPC UA servers of the site: how they stand, whom we believe, and what they serve. */
export function Servers({ servers, lookAgain }: ServersProps) {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(OPC_UA).then(() => setSaid(true))
  }, [])
  if (!isSaid) return <Skeletons count={1} height="h-28" />
  return (
    <div class="mt-4 grid gap-3">
      <ul class="grid min-w-0 gap-3" aria-label={words.say('web.opcua')}>
        {worstFirst(servers.items).map((server) => (
          <ServerPanel key={server.id} server={server} now={servers.now} lookAgain={lookAgain} />
        ))}
      </ul>
      <Panel title={words.say('web.opcua.own')}>
        <p class="quiet mb-2 text-sm">{words.say('web.opcua.own.hint')}</p>
        {servers.own ? (
          <p class="text-sm break-all">
            <code>{servers.own.thumbprint}</code>{' '}
            <span class="whitespace-nowrap">
              {words.say('web.opcua.until', { day: servers.own.expiresAt.slice(0, 10) })}
            </span>
          </p>
        ) : (
          <p class="text-sm">{words.say('web.opcua.own.none')}</p>
        )}
      </Panel>
    </div>
  )
}

type ServerPanelProps = Readonly<{ server: OpcUaServer; now: string; lookAgain: () => void }>

function ServerPanel({ server, now, lookAgain }: ServerPanelProps) {
  const { words } = useApp()
  const [isApproving, setApproving] = useState(false)
  const { trouble, parked, approved } = server
  const { number } = words.format
  const waits = parked !== null && parked.thumbprint !== approved?.thumbprint
  return (
    <li class="panel min-w-0 p-4" data-server={server.id} data-state={server.state}>
      <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 class="font-semibold break-words">{server.id}</h2>
        <span class={`badge badge-soft ${STATE_TINT[server.state]}`}>
          {words.say(`web.opcua.state.${server.state}`)}
        </span>
        <span class="quiet text-sm break-all">OPC UA · {server.endpoint}</span>
      </div>
      {trouble && (
        <p class="alert alert-warning alert-soft mt-3 block text-sm" data-trouble={trouble.code}>
          {words.sayCode('opcuaTrouble', trouble.verdict ? `certificate.${trouble.verdict}` : trouble.code)}
          {!trouble.verdict && trouble.detail !== '' && <span class="quiet block break-words">{trouble.detail}</span>}
        </p>
      )}
      {parked && waits && (
        <div class="border-warning mt-3 border-l-4 pl-3">
          <h3 class="text-sm font-medium">{words.say('web.opcua.waits')}</h3>
          <Certificate certificate={parked} />
          <button type="button" class="btn btn-sm btn-primary touch mt-2" onClick={() => setApproving(true)}>
            {words.say('web.opcua.approve')}
          </button>
        </div>
      )}
      {parked && isApproving && (
        <ApproveDialog
          server={server.id}
          certificate={parked}
          isExpired={Date.parse(parked.expiresAt) <= Date.parse(now)}
          onClose={() => {
            setApproving(false)
            lookAgain()
          }}
        />
      )}
      <div class="mt-3">
        <Facts
          facts={[
            [words.say('web.since'), server.since && <Moment at={server.since} />],
            [
              words.say('web.opcua.security'),
              server.mode === 'None' ? server.mode : `${server.mode} · ${server.policy}`,
            ],
            [words.say('web.opcua.identity'), words.sayCode('opcuaIdentity', server.identity)],
            [words.say('web.opcua.items'), number(server.items)],
            [words.say('web.opcua.publishing'), server.publishingMs && `${number(server.publishingMs / 1_000)} s`],
            [words.say('web.opcua.sessions'), number(server.sessions)],
          ]}
        />
      </div>
      {approved && (
        <details class="mt-2">
          <summary class="touch cursor-pointer py-2 text-sm">
            {words.say(server.evenExpired ? 'web.opcua.approved.expired' : 'web.opcua.approved')},{' '}
            {words.say('web.opcua.until', { day: approved.expiresAt.slice(0, 10) })}
          </summary>
          <Certificate certificate={approved} />
        </details>
      )}
      {server.refused.length > 0 && (
        <div class="mt-2">
          <h3 class="text-sm font-medium">{words.say('web.opcua.refused')}</h3>
          <ul class="text-sm">
            {server.refused.map(({ device, point, nodeId }) => (
              <li key={`${device}.${point}`} class="break-all">
                {device} · {point}: <code>{nodeId}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
      {server.withoutDeadband.length > 0 && (
        <p class="quiet mt-2 text-sm break-words">
          {words.say('web.opcua.without_deadband')}:{' '}
          {server.withoutDeadband.map(({ device, point }) => `${device} · ${point}`).join(', ')}
        </p>
      )}
      {server.state === 'up' && <NodeTree server={server.id} />}
    </li>
  )
}

function worstFirst(servers: readonly OpcUaServer[]): OpcUaServer[] {
  const rank = { down: 0, idle: 1, up: 2 }
  return servers.toSorted((a, b) => rank[a.state] - rank[b.state])
}
