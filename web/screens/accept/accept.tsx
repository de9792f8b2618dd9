import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Both } from '../../api/types.ts'
import { useAsking } from '../../parts/request.tsx'
import { Outside } from '../../shell/outside.tsx'
import { useOrderSentences } from '../order/sentences.ts'

type Asked = Readonly<{
  order: string
  kind: string
  state: string
  assetName: Both
  openedAt: string
  dueAt: string
  timeZone: string
}>

/**
 * A contractor without an account accepts the rescue that he was called for. The secret stands after the `#`, which no
 * browser sends anywhere; opening the page accepts nothing.
 */
export function AcceptScreen() {
  const { words, connection } = useApp()
  const isSaid = useOrderSentences()
  const [link] = useState(() => location.hash.slice(1))
  const [asked, setAsked] = useState<Asked | null>(null)
  const [isAccepted, setAccepted] = useState(false)
  const asking = useAsking()
  useEffect(() => {
    if (link !== '')
      void asking.ask(async () => {
        const told = await connection.send<Asked>('POST', '/task-link', { link })
        words.useTimeZone(told.timeZone)
        setAsked(told)
      })
  }, [link])

  const accept = async () => {
    const refused = await asking.ask(() => connection.send('POST', '/task-link/accept', { link }))
    if (refused === null) setAccepted(true)
  }

  if (!isSaid) return null
  const title = words.say('web.accept.title')
  if (link === '' || (asked === null && asking.refused !== null))
    return (
      <Outside title={title}>
        <p role="alert">{asking.refused ?? words.say('web.accept.incomplete')}</p>
      </Outside>
    )
  if (asked === null)
    return (
      <Outside title={title}>
        <p role="status">{words.say('web.accept.looking')}</p>
      </Outside>
    )
  return (
    <Outside title={title}>
      <dl class="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
        <dt class="quiet">{words.say('web.accept.place')}</dt>
        <dd class="font-medium">{words.of(asked.assetName)}</dd>
        <dt class="quiet">{words.say('web.accept.order')}</dt>
        <dd>{asked.order}</dd>
        <dt class="quiet">{words.say('web.accept.since')}</dt>
        <dd>{words.format.time(asked.openedAt)}</dd>
        <dt class="quiet">{words.say('web.accept.by')}</dt>
        <dd>{words.format.time(asked.dueAt)}</dd>
      </dl>
      {isAccepted || asked.state !== 'open' ? (
        <p role="status" class={isAccepted ? 'text-success font-medium' : 'font-medium'}>
          {words.say(isAccepted ? 'web.accept.done' : 'web.accept.taken')}
        </p>
      ) : (
        <>
          <p class="text-sm">{words.say('web.accept.means')}</p>
          {asking.refused !== null && (
            <p role="alert" class="text-error">
              {asking.refused}
            </p>
          )}
          <button type="button" class="btn btn-primary touch" disabled={asking.isBusy} onClick={() => void accept()}>
            {words.say('web.accept.go')}
          </button>
        </>
      )}
    </Outside>
  )
}
