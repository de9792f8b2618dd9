import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Channel, DeadLetter } from '../../api/channel-types.ts'
import type { Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Facts, Panel } from '../../parts/screen.tsx'
import { may, type Permission } from '../../roles.ts'
import { ChannelTestDialog } from './channel-test.tsx'
import { CHANNELS } from './sentences.ts'

const LOOK_EVERY_MS = 10_000
const TINT = { well: 'badge-success', failing: 'badge-error', unused: 'badge-info' } as const

/** The roads to people: how they do, a test of each, and what nobody got. */
export function Channels() {
  const { words, connection, session } = useApp()
  const [isSaid, setSaid] = useState(false)
  const [channels, setChannels] = useState<readonly Channel[]>([])
  const [letters, setLetters] = useState<readonly DeadLetter[]>([])
  const [tested, setTested] = useState<Channel | null>(null)
  const look = useCallback(async () => {
    const [all, dead] = await Promise.all([
      connection.get<Page<Channel>>('/channels'),
      connection.get<Page<DeadLetter>>('/messages/undelivered'),
    ])
    setChannels(all.items)
    setLetters(dead.items)
  }, [connection])
  useEffect(() => {
    void words.add(CHANNELS).then(() => setSaid(true))
    const again = () => void look().catch(() => {})
    again()
    const timer = setInterval(again, LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [words, look])
  if (!isSaid) return null
  const visitor = session.visitor.value
  const mayDo = (permission: Permission) => visitor.is === 'somebody' && may(visitor.session.user.role, permission)
  return (
    <Panel title={words.say('web.channels')}>
      {channels.length === 0 && <p class="quiet text-sm">{words.say('web.channels.none')}</p>}
      {channels.map((channel) => (
        <ChannelFacts
          key={channel.id}
          channel={channel}
          onTest={mayDo('testChannels') ? () => setTested(channel) : null}
        />
      ))}
      <h3 class="mt-4 mb-1 text-sm font-medium">{words.say('web.channels.letters')}</h3>
      <Letters letters={letters} mayRequeue={mayDo('requeue')} onDone={() => void look().catch(() => {})} />
      {tested && <ChannelTestDialog channel={tested} onClose={() => setTested(null)} />}
    </Panel>
  )
}

function ChannelFacts({ channel, onTest }: { channel: Channel; onTest: (() => void) | null }) {
  const { words } = useApp()
  const { id, type, reach, failing, lastDeliveredAt, restsUntil, waiting, oldestAt, accepted, undelivered, fallback } =
    channel
  const state = failing ? 'failing' : lastDeliveredAt ? 'well' : 'unused'
  const counted = (count: number) => (count === 0 ? null : words.format.number(count))
  return (
    <section class="mb-4 last:mb-0" data-channel={id} data-state={state}>
      <div class="mb-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <h3 class="font-medium">{id}</h3>
        <span class={`badge badge-soft ${TINT[state]}`}>{words.say(`web.channels.state.${state}`)}</span>
        <span class="quiet">
          {words.sayCode('channelType', type)} · {words.say(`web.channels.reach.${reach}`)}
        </span>
        {onTest && (
          <button type="button" class="btn btn-sm touch ml-auto" onClick={onTest}>
            {words.say('web.channels.test')}
            <span class="sr-only"> {id}</span>
          </button>
        )}
      </div>
      <Facts
        facts={[
          [words.say('web.channels.last'), lastDeliveredAt && <Moment at={lastDeliveredAt} />],
          [
            words.say('web.channels.failing'),
            failing && (
              <>
                <Moment at={failing.since} /> {words.sayCode('undelivered', failing.reason)}
              </>
            ),
          ],
          [words.say('web.channels.rests'), restsUntil && <Moment at={restsUntil} />],
          [words.say('web.channels.waiting'), counted(waiting)],
          [words.say('web.channels.oldest'), oldestAt && <Moment at={oldestAt} />],
          [words.say('web.channels.accepted'), counted(accepted)],
          [words.say('web.channels.undelivered'), counted(undelivered)],
          [words.say('web.channels.fallback'), fallback],
        ]}
      />
    </section>
  )
}

type LettersProps = Readonly<{ letters: readonly DeadLetter[]; mayRequeue: boolean; onDone: () => void }>

function Letters({ letters, mayRequeue, onDone }: LettersProps) {
  const { words } = useApp()
  const sending = useSending()
  if (letters.length === 0) return <p class="quiet text-sm">{words.say('web.channels.letters.none')}</p>
  return (
    <>
      <ul class="divide-base-300 divide-y text-sm">
        {letters.map(({ id, channel, notice, homes, reason, failedAt }) => (
          <li key={id} class="flex flex-wrap items-center gap-x-3 gap-y-1 py-2" data-letter={id}>
            <span class="min-w-0 flex-1 break-words">
              <a class="link" href={`/notices/${notice}`}>
                {notice}
              </a>{' '}
              {channel} · {words.say('web.channels.letters.homes', { homes })} · <Moment at={failedAt} />
              <span class="text-error block break-all">{reason && words.sayCode('undelivered', reason)}</span>
            </span>
            {mayRequeue && (
              <button
                type="button"
                class="btn btn-sm touch"
                disabled={sending.isBusy}
                onClick={() => void sending.send(`/messages/${encodeURIComponent(id)}/requeue`, {}).then(onDone)}
              >
                {words.say('web.channels.letters.again')}
              </button>
            )}
          </li>
        ))}
      </ul>
      <Refused text={sending.refused} />
    </>
  )
}
