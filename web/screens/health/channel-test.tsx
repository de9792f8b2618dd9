import { useState } from 'preact/hooks'
import type { Channel, ChannelTest } from '../../api/channel-types.ts'
import { useApp } from '../../app-context.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'

/** One real message by a channel, and what the provider answered. To whom is asked only where it goes to one person. */
export function ChannelTestDialog({ channel: { id, reach }, onClose }: { channel: Channel; onClose: () => void }) {
  const { words, connection } = useApp()
  const [to, setTo] = useState('')
  const [result, setResult] = useState<ChannelTest | null>(null)
  const asking = useAsking()
  const submit = () =>
    asking.ask(async () => {
      setResult(null)
      const body = reach === 'person' ? { to: to.trim() } : {}
      setResult(await connection.send<ChannelTest>('POST', `/channels/${encodeURIComponent(id)}/test`, body))
    })
  return (
    <Dialog title={words.say('web.channels.test.title', { channel: id })} onClose={onClose}>
      <p class="quiet mb-3 text-sm">{words.say('web.channels.test.hint')}</p>
      <RequestForm asking={asking} label={words.say('web.channels.test.send')} onSubmit={submit}>
        {reach === 'person' && (
          <label class="grid gap-1 text-sm">
            <span class="font-medium">{words.say('web.channels.test.to')}</span>
            <input
              class="input touch w-full"
              required
              maxLength={200}
              autocomplete="off"
              value={to}
              onInput={(event) => setTo(event.currentTarget.value)}
            />
          </label>
        )}
      </RequestForm>
      <div role="status">{result && <Result result={result} />}</div>
    </Dialog>
  )
}

function Result({ result: { outcome, reason, said, tookMs, parts } }: { result: ChannelTest }) {
  const { words } = useApp()
  const isGood = outcome === 'delivered' || outcome === 'accepted'
  const params = { ms: tookMs, reason: reason === null ? '' : words.sayCode('undelivered', reason) }
  return (
    <div class={`alert ${isGood ? 'alert-success' : 'alert-error'} alert-soft mt-3 grid gap-1`}>
      <p>{words.say(`web.channels.test.${outcome}`, params)}</p>
      {parts !== null && parts > 1 && <p>{words.say('web.channels.test.parts', { parts })}</p>}
      {said && (
        <p class="text-sm break-all">
          {words.say('web.channels.test.said')}: <code>{said}</code>
        </p>
      )}
    </div>
  )
}
