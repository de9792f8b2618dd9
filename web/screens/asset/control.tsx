import { useState } from 'preact/hooks'
import { useApp, useWords } from '../../app-context.ts'
import type { ControlPoint, ControlRequest, ControlState } from '../../api/control-types.ts'
import type { Device, InWords } from '../../api/types.ts'
import { Actions } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { LiveValue } from '../../parts/live-value.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/screen.tsx'
import { may } from '../../roles.ts'
import { useRepeated } from './repeated.ts'
import { allowedSentence, WriteDialog } from './write-dialog.tsx'

/** What may be switched from here, by whoever may. */
export function Control({ devices }: { devices: readonly Device[] }) {
  const { session } = useApp()
  const visitor = session.visitor.value
  if (visitor.is !== 'somebody' || !may(visitor.session.user.role, 'control')) return null
  return (
    <>
      {devices
        .filter(({ isWritable }) => isWritable === true)
        .map((device) => (
          <DeviceControl key={device.id} device={device} />
        ))}
    </>
  )
}

function DeviceControl({ device }: { device: Device }) {
  const { words } = useApp()
  const { found, look } = useRepeated<ControlState>(`/devices/${device.id}/control`)
  const [changed, setChanged] = useState<ControlPoint | null>(null)
  if (!found) return null
  const { lease, blocks, points, recent } = found
  const isYours = lease?.isYours === true
  const path = `/devices/${device.id}`
  return (
    <Panel title={words.say('web.control.title')}>
      <div data-control={device.id} class="grid gap-3 text-sm">
        {blocks.map((block) => (
          <Block key={JSON.stringify(block.params)} block={block} />
        ))}
        <Holder lease={lease} />
        <ul class="grid gap-2">
          {points.map((point) => (
            <li key={point.point} class="border-base-300 grid gap-1 border-b pb-2">
              <span class="flex items-center justify-between gap-3">
                <span>{words.of(point.name)}</span>
                <LiveValue device={device} point={point} class="font-medium" />
              </span>
              <span class="quiet">{allowedSentence(words, point)}</span>
              {point.whyNot.map((why) => (
                <span key={why.code} class="text-warning">
                  {words.of(why.text)}
                </span>
              ))}
              {isYours && (
                <button
                  type="button"
                  class="btn btn-sm touch justify-self-start"
                  disabled={blocks.length > 0 || point.whyNot.length > 0}
                  data-write={point.point}
                  onClick={() => setChanged(point)}
                >
                  {words.say('web.control.change')}
                </button>
              )}
            </li>
          ))}
        </ul>
        {(isYours || lease === null) && (
          <Actions
            actions={[
              isYours
                ? { path: `${path}/release`, label: 'web.control.release', icon: 'undo-2', done: look }
                : { path: `${path}/lease`, label: 'web.control.lease', icon: 'key-round', isPrimary: true, done: look },
            ]}
          />
        )}
        <Recent requests={recent.slice(0, 5)} points={points} />
      </div>
      {changed && lease && (
        <WriteDialog
          device={device.id}
          point={changed}
          by={lease.by}
          onClose={() => {
            setChanged(null)
            look()
          }}
        />
      )}
    </Panel>
  )
}

function Holder({ lease }: { lease: ControlState['lease'] }) {
  const words = useWords()
  if (!lease) return <p class="quiet">{words.say('web.control.hint')}</p>
  const params = { by: lease.by, time: words.format.clock(lease.until) }
  return <p>{words.say(lease.isYours ? 'web.control.yours' : 'web.control.held', params)}</p>
}

/** Why nothing may be switched here; where an order forbids it, its number leads to it. */
export function Block({ block }: { block: InWords }) {
  const words = useWords()
  const order = block.params['order']
  return (
    <p class="alert alert-warning alert-soft" data-block={block.code}>
      <Icon name="triangle-alert" />
      <span>
        {words.of(block.text)}
        {order !== undefined && (
          <a class="link ml-2 inline-flex min-h-6 items-center" href={`/orders/${order}`}>
            {words.say('web.step.order')} {order}
          </a>
        )}
      </span>
    </p>
  )
}

function Recent({ requests, points }: { requests: readonly ControlRequest[]; points: readonly ControlPoint[] }) {
  const words = useWords()
  if (requests.length === 0) return null
  const unitOf = (name: string) => points.find(({ point }) => point === name)?.unit ?? null
  return (
    <div>
      <h3 class="mb-1 font-medium">{words.say('web.control.recent')}</h3>
      <ul class="grid gap-1">
        {requests.map(({ request, point, from, to, by, at, outcome }) => (
          <li key={request} class="flex flex-wrap justify-between gap-x-3">
            <span>
              {from === null ? '–' : words.figure(from, null)} → {words.figure(to, unitOf(point))} ·{' '}
              {words.say(`web.control.outcome.${outcome ?? 'pending'}`)}
            </span>
            <span class="quiet">
              {by} · <Moment at={at} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
