import { useApp } from '../../app-context.ts'
import type { Safeguards } from '../../api/control-types.ts'
import type { Asset } from '../../api/types.ts'
import { type Action, Actions } from '../../parts/action.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/screen.tsx'
import { may } from '../../roles.ts'
import { useRepeated } from './repeated.ts'

/** What keeps everybody from switching this on: locks with who and since, open permits, who is in its room. */
export function SafeguardsPanel({ asset, hasControl }: { asset: Asset; hasControl: boolean }) {
  const { session, words } = useApp()
  const visitor = session.visitor.value
  const user = visitor.is === 'somebody' ? visitor.session.user : null
  const mayLook = user !== null && may(user.role, 'readPlant')
  const { found, look } = useRepeated<Safeguards>(mayLook ? '/safeguards' : null)
  if (!found || !user) return null
  const lockouts = found.lockouts.filter((each) => each.asset === asset.id)
  const permits = found.permits.filter((each) => each.asset === asset.id)
  const presences = found.presences.filter(({ room }) => room === asset.room || room === asset.id)
  const isEmpty = lockouts.length + permits.length + presences.length === 0
  const isAllowed = may(user.role, 'safeguard')
  if (isEmpty && !(isAllowed && hasControl)) return null
  const room = asset.room ?? asset.id
  const isIn = presences.some(({ by }) => by === user.person)
  const here = `/assets/${asset.id}`
  const actions: Action[] = [
    {
      path: `${here}/lockouts`,
      label: 'web.lockout.hang',
      icon: 'key-round',
      ask: 'reason',
      means: 'web.lockout.means',
      done: look,
    },
    { path: `${here}/permits`, label: 'web.permit.open', icon: 'clipboard-list', ask: 'reason', done: look },
    isIn
      ? { path: `/rooms/${room}/leave`, label: 'web.presence.leave', icon: 'log-out', done: look }
      : { path: `/rooms/${room}/enter`, label: 'web.presence.enter', icon: 'log-in', done: look },
  ]
  return (
    <Panel title={words.say('web.safeguards')}>
      <ul class="mb-3 grid gap-3 text-sm">
        {isEmpty && <li class="quiet">{words.say('web.safeguards.none')}</li>}
        {lockouts.map((lockout) => (
          <li key={lockout.id} class="grid gap-1" data-lockout={lockout.id}>
            <Line name={words.say('web.lockout')} {...lockout} />
            {isAllowed && (
              <Actions
                actions={[
                  {
                    path: `/lockouts/${lockout.id}/remove`,
                    label: 'web.lockout.remove',
                    icon: 'undo-2',
                    ...(lockout.by === user.person ? {} : ({ ask: 'reason', means: 'web.lockout.notyours' } as const)),
                    done: look,
                  },
                ]}
              />
            )}
          </li>
        ))}
        {permits.map((permit) => (
          <li key={permit.id} class="grid gap-1">
            <Line name={words.say('web.permit')} {...permit} />
            {isAllowed && (
              <Actions
                actions={[
                  { path: `/permits/${permit.id}/close`, label: 'web.permit.close', icon: 'check', done: look },
                ]}
              />
            )}
          </li>
        ))}
        {presences.map((presence) => (
          <li key={presence.by}>
            <Line name={words.say('web.presence')} reason="" {...presence} />
          </li>
        ))}
      </ul>
      {isAllowed && <Actions actions={actions} />}
    </Panel>
  )
}

function Line({ name, by, since, reason }: { name: string; by: string; since: string; reason: string }) {
  return (
    <p>
      <strong>{name}</strong> · {by} · <Moment at={since} class="quiet" />
      {reason && <span class="block break-words">{reason}</span>}
    </p>
  )
}
