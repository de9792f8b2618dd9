import { useState } from 'preact/hooks'
import type { Silence } from '../../api/alarm-types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { usePerson } from '../alarms/person.tsx'
import { AssetChoice } from './asset-choice.tsx'
import { localOf, momentOf } from './local-time.ts'
import { TimeField } from './time-field.tsx'

const HOUR_MS = 3_600_000
type DialogProps = Readonly<{ onClose: () => void; onDone: () => void }>

/** The wall's time, which windows are made of, and the zone it is read in. */
function useWall() {
  const { estate } = useApp()
  const zone = estate.site.value?.timeZone ?? 'UTC'
  return { now: estate.clock.now.peek() + (estate.health.value?.wallOffsetMs ?? 0), zone }
}

const written = (at: number | null) => new Date(at ?? 0).toISOString()

/** A new window: which assets, from when to when, why. */
export function PlanDialog({ onClose, onDone }: DialogProps) {
  const { words } = useApp()
  const sending = useSending()
  const { by, field } = usePerson()
  const { now, zone } = useWall()
  const [assets, setAssets] = useState<ReadonlySet<string>>(new Set())
  const [from, setFrom] = useState(localOf(now, zone))
  const [to, setTo] = useState(localOf(now + 2 * HOUR_MS, zone))
  const [reason, setReason] = useState('')
  const [isUnnamed, setUnnamed] = useState(false)
  const submit = async (event: Event) => {
    event.preventDefault()
    setUnnamed(assets.size === 0)
    if (assets.size === 0) return
    const times = { from: written(momentOf(from, zone)), to: written(momentOf(to, zone)) }
    const done = await sending.send('/maintenance', { by, assets: [...assets], ...times, reason: reason.trim() })
    if (!done) return
    onDone()
    onClose()
  }
  return (
    <Dialog title={words.say('web.silences.plan')} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} class="grid gap-3" data-form="plan">
        <p class="quiet text-sm">{words.say('web.silences.plan.means')}</p>
        {field}
        <AssetChoice chosen={assets} choose={setAssets} />
        <div class="grid gap-3 sm:grid-cols-2">
          <TimeField name="from" label={words.say('web.silences.plan.from')} value={from} choose={setFrom} />
          <TimeField name="to" label={words.say('web.silences.plan.to')} value={to} choose={setTo} />
        </div>
        <label class="grid gap-1">
          <span class="text-sm font-medium">{words.say('web.alarm.reason')}</span>
          <textarea
            class="textarea w-full"
            rows={2}
            required
            maxLength={2_000}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <Refused text={isUnnamed ? words.say('web.silences.plan.none') : sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          <Icon name="wrench" />
          {words.say('web.silences.plan')}
        </button>
      </form>
    </Dialog>
  )
}

/** A later end, or an earlier one. */
export function ExtendDialog({ window, onClose, onDone }: DialogProps & Readonly<{ window: Silence }>) {
  const { words } = useApp()
  const sending = useSending()
  const { by, field } = usePerson()
  const { now, zone } = useWall()
  const [to, setTo] = useState(localOf(Math.max(now, Date.parse(window.to ?? window.from)) + HOUR_MS, zone))
  const submit = async (event: Event) => {
    event.preventDefault()
    if (!(await sending.send(`/maintenance/${window.id}/extend`, { by, to: written(momentOf(to, zone)) }))) return
    onDone()
    onClose()
  }
  return (
    <Dialog title={words.say('web.silences.extend')} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} class="grid gap-3" data-form="extend">
        <p class="font-medium">{window.assets.map(({ name }) => words.of(name)).join(', ')}</p>
        {field}
        <TimeField name="to" label={words.say('web.silences.extend.to')} value={to} choose={setTo} />
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          <Icon name="clock" />
          {words.say('web.silences.extend')}
        </button>
      </form>
    </Dialog>
  )
}
