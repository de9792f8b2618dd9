import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { type PushState, pushState, subscribe, unsubscribe } from '../../live/push.ts'
import { Panel } from '../../parts/screen.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'
import { CHANNELS } from '../health/sentences.ts'

/** Notices on this device; nothing where the site has no such channel, or the browser cannot. */
export function PushPanel() {
  const { words, connection } = useApp()
  const [state, setState] = useState<PushState | null>(null)
  const asking = useAsking()
  useEffect(() => {
    const look = async () => {
      const [isThere] = await Promise.all([connection.getIfThere('/push'), words.add(CHANNELS)])
      setState(isThere ? await pushState() : 'unsupported')
    }
    void look().catch(() => setState('unsupported'))
  }, [connection, words])
  if (state === null || state === 'unsupported') return null
  const isOn = state === 'on'
  const submit = () =>
    asking.ask(async () => {
      const language = words.language.value
      setState(isOn ? await unsubscribe({ connection }) : await subscribe({ connection, language }))
    })
  return (
    <Panel title={words.say('web.push')}>
      <p class="quiet mb-3 text-sm">{words.say('web.push.hint')}</p>
      {state === 'denied' ? (
        <p role="status">{words.say('web.push.denied')}</p>
      ) : (
        <RequestForm asking={asking} label={words.say(isOn ? 'web.push.off' : 'web.push.on')} onSubmit={submit}>
          {isOn && <p role="status">{words.say('web.push.isOn')}</p>}
        </RequestForm>
      )}
    </Panel>
  )
}
