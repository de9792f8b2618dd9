import { useState } from 'preact/hooks'
import type { Notice } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { may } from '../../roles.ts'
import type { TextKey } from '../../words/words.ts'
import { usePerson, useRole } from '../alarms/person.tsx'
import { isAhead, isUnderWay } from '../notices/notice-actions.ts'
import { localOf, momentOf } from '../silences/local-time.ts'
import { TimeField } from '../silences/time-field.tsx'

type Deed = Readonly<{
  verb: 'reschedule' | 'cancel' | 'extend' | 'measure' | 'end'
  label: TextKey
  icon: IconName
  fields: readonly ('from' | 'to' | 'reason' | 'water')[]
  means?: TextKey
}>

const DEEDS: Readonly<Record<Deed['verb'], Deed>> = {
  reschedule: { verb: 'reschedule', label: 'web.notice.reschedule', icon: 'clock', fields: ['from', 'to', 'reason'] },
  cancel: {
    verb: 'cancel',
    label: 'web.notice.cancel',
    icon: 'x',
    fields: ['reason'],
    means: 'web.notice.cancel.means',
  },
  extend: { verb: 'extend', label: 'web.notice.extend', icon: 'clock', fields: ['to'] },
  measure: {
    verb: 'measure',
    label: 'web.notice.measure',
    icon: 'gauge',
    fields: ['water'],
    means: 'web.notice.measure.means',
  },
  end: { verb: 'end', label: 'web.notice.finish', icon: 'check', fields: [], means: 'web.notice.finish.means' },
}

/** What becomes of planned work: another time, another end, the water test, done. */
export function WorkDeeds({ notice }: { notice: Notice }) {
  const { words } = useApp()
  const role = useRole()
  const [asked, setAsked] = useState<Deed | null>(null)
  if (!notice.planned || role === null || !may(role, 'planWork')) return null
  const verbs: readonly Deed['verb'][] = isAhead(notice)
    ? ['reschedule', 'cancel']
    : isUnderWay(notice)
      ? [
          'extend',
          ...(notice.planned.needsQuality ? (['measure'] as const) : []),
          ...(notice.state === 'verifying' ? [] : (['end'] as const)),
        ]
      : []
  if (verbs.length === 0) return null
  return (
    <div class="mt-2 flex flex-wrap gap-2">
      {verbs.map((verb) => (
        <button key={verb} type="button" class="btn touch" onClick={() => setAsked(DEEDS[verb])}>
          <Icon name={DEEDS[verb].icon} />
          {words.say(DEEDS[verb].label)}
        </button>
      ))}
      {asked && <DeedDialog notice={notice} deed={asked} onClose={() => setAsked(null)} />}
    </div>
  )
}

function DeedDialog({ notice, deed, onClose }: { notice: Notice; deed: Deed; onClose: () => void }) {
  const { words, estate } = useApp()
  const sending = useSending()
  const { by, field } = usePerson()
  const zone = estate.site.value?.timeZone ?? 'UTC'
  const { planned } = notice
  const [from, setFrom] = useState(localOf(Date.parse(planned!.from), zone))
  const [to, setTo] = useState(localOf(Date.parse(planned!.to), zone))
  const [reason, setReason] = useState('')
  const [water, setWater] = useState({ turbidityNtu: '', freeChlorineMgL: '' })
  const has = (name: Deed['fields'][number]) => deed.fields.includes(name)
  const at = (local: string) => new Date(momentOf(local, zone) ?? 0).toISOString()
  const submit = async (event: Event) => {
    event.preventDefault()
    const body = {
      by,
      ...(has('from') ? { from: at(from) } : {}),
      ...(has('to') ? { to: at(to) } : {}),
      ...(has('reason') ? { reason: reason.trim() } : {}),
      ...(has('water')
        ? { turbidityNtu: Number(water.turbidityNtu), freeChlorineMgL: Number(water.freeChlorineMgL) }
        : {}),
    }
    if (await sending.send(`/notices/${notice.id}/${deed.verb}`, body)) onClose()
  }
  return (
    <Dialog title={words.say(deed.label)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} class="grid gap-3" data-form={deed.verb}>
        {deed.means && <p class="quiet text-sm">{words.say(deed.means)}</p>}
        {field}
        {has('from') && <TimeField name="from" label={words.say('web.notice.from')} value={from} choose={setFrom} />}
        {has('to') && <TimeField name="to" label={words.say('web.notice.to')} value={to} choose={setTo} />}
        {has('water') && (
          <>
            <Figure
              label={words.say('web.notice.turbidity')}
              value={water.turbidityNtu}
              choose={(turbidityNtu) => setWater({ ...water, turbidityNtu })}
            />
            <Figure
              label={words.say('web.notice.chlorine')}
              value={water.freeChlorineMgL}
              choose={(freeChlorineMgL) => setWater({ ...water, freeChlorineMgL })}
            />
          </>
        )}
        {has('reason') && (
          <label class="grid gap-1">
            <span class="text-sm font-medium">{words.say('web.action.ask.reason')}</span>
            <textarea
              class="textarea w-full"
              rows={2}
              required
              maxLength={500}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
        )}
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          <Icon name={deed.icon} />
          {words.say(deed.label)}
        </button>
      </form>
    </Dialog>
  )
}

function Figure({ label, value, choose }: { label: string; value: string; choose: (value: string) => void }) {
  return (
    <label class="grid gap-1">
      <span class="text-sm font-medium">{label}</span>
      <input
        type="number"
        step="any"
        min={0}
        required
        inputMode="decimal"
        class="input touch w-full"
        value={value}
        onInput={(event) => choose(event.currentTarget.value)}
      />
    </label>
  )
}
