import { useState } from 'preact/hooks'
import type { Alarm } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { usePerson } from '../alarms/person.tsx'

/** Takes the asset out of service, or this one rule of it, under an order. */
export function RemoveDialog({ alarm, onClose }: { alarm: Alarm; onClose: () => void }) {
  const { words } = useApp()
  const sending = useSending()
  const { by, field } = usePerson()
  const [order, setOrder] = useState(alarm.orderId ?? '')
  const [reason, setReason] = useState('')
  const [isRule, setRule] = useState(false)
  const submit = async (event: Event) => {
    event.preventDefault()
    const scope = isRule ? { rule: alarm.rule } : {}
    const body = { by, order: order.trim(), reason: reason.trim(), ...scope }
    if (await sending.send(`/assets/${alarm.asset}/out-of-service`, body)) onClose()
  }
  return (
    <Dialog title={words.say('web.alarm.remove')} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} class="grid gap-3" data-deed="remove">
        <p class="quiet text-sm">{words.say('web.alarm.remove.means')}</p>
        {field}
        <label class="grid gap-1">
          <span class="text-sm font-medium">{words.say('web.alarm.remove.scope')}</span>
          <select
            class="select touch w-full"
            value={isRule ? 'rule' : 'asset'}
            onChange={(event) => setRule(event.currentTarget.value === 'rule')}
          >
            <option value="asset">{words.say('web.alarm.remove.asset', { asset: words.of(alarm.assetName) })}</option>
            {!alarm.safety && (
              <option value="rule">{words.say('web.alarm.remove.rule', { rule: words.of(alarm.name) })}</option>
            )}
          </select>
        </label>
        <label class="grid gap-1">
          <span class="text-sm font-medium">{words.say('web.alarm.remove.order')}</span>
          <input
            class="input touch w-full"
            name="order"
            required
            maxLength={64}
            autocomplete="off"
            value={order}
            onInput={(event) => setOrder(event.currentTarget.value)}
          />
        </label>
        <label class="grid gap-1">
          <span class="text-sm font-medium">{words.say('web.alarm.reason')}</span>
          <textarea
            class="textarea w-full"
            rows={3}
            required
            maxLength={2_000}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          <Icon name="wrench" />
          {words.say('web.alarm.remove')}
        </button>
      </form>
    </Dialog>
  )
}
