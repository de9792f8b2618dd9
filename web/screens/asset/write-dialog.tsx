import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { ControlPoint, ControlRequest } from '../../api/control-types.ts'
import type { Value } from '../../api/types.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import type { Words } from '../../words/words.ts'

export function allowedSentence(words: Words, { allowed, unit }: ControlPoint): string {
  if (allowed.kind === 'one_of') return allowed.values.map((value) => words.figure(value, null)).join(' · ')
  const { min, max, step } = allowed
  const limits = { min: words.figure(min, null), max: words.figure(max, unit) }
  if (step === null) return words.say('web.control.limits', limits)
  return words.say('web.control.limits.step', { ...limits, step: words.figure(step, unit) })
}

type WriteDialogProps = Readonly<{ device: string; point: ControlPoint; by: string; onClose: () => void }>

/** A new value and why; then old and new side by side, to be confirmed; then what the device holds. */
export function WriteDialog({ device, point, by, onClose }: WriteDialogProps) {
  const { words } = useApp()
  const sending = useSending()
  const [text, setText] = useState(point.value === null ? '' : String(point.value))
  const [reason, setReason] = useState('')
  const [isToConfirm, setToConfirm] = useState(false)
  const [done, setDone] = useState<ControlRequest | null>(null)
  const value = valueOf(point, text)
  const from = point.value === null ? '–' : words.figure(point.value, point.unit)
  const to = words.figure(value, point.unit)
  const order = sending.refusal?.params['order']

  const submit = async (event: Event) => {
    event.preventDefault()
    if (!isToConfirm) return setToConfirm(true)
    const body = { by, point: point.point, value, reason: reason.trim() }
    setDone(await sending.send<ControlRequest>(`/devices/${device}/write`, body))
  }

  return (
    <Dialog title={words.of(point.name)} onClose={onClose}>
      {done ? (
        <Outcome request={done} unit={point.unit} onClose={onClose} />
      ) : (
        <form onSubmit={(event) => void submit(event)} class="grid gap-3">
          {isToConfirm ? (
            <>
              <p class="text-lg font-semibold" data-confirm>
                {words.say('web.control.confirm', { from, to })}
              </p>
              <p class="quiet text-sm">{reason}</p>
            </>
          ) : (
            <>
              <p class="quiet text-sm">
                {words.say('web.control.now', { value: from })} · {allowedSentence(words, point)}
              </p>
              <Input point={point} text={text} onInput={setText} />
              <label class="grid gap-1">
                <span class="text-sm font-medium">{words.say('web.action.ask.reason')}</span>
                <textarea
                  class="textarea w-full"
                  rows={2}
                  required
                  minLength={2}
                  maxLength={500}
                  value={reason}
                  onInput={(event) => setReason(event.currentTarget.value)}
                />
              </label>
            </>
          )}
          <Refused text={sending.refused} />
          {order !== undefined && (
            <a class="link inline-flex min-h-11 items-center" href={`/orders/${order}`}>
              {words.say('web.step.order')} {order}
            </a>
          )}
          <div class="flex flex-wrap gap-2">
            <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
              <Icon name="check" />
              {isToConfirm ? words.say('web.control.write', { value: to }) : words.say('web.control.next')}
            </button>
            {isToConfirm && (
              <button
                type="button"
                class="btn touch"
                disabled={sending.isBusy}
                onClick={() => {
                  sending.clear()
                  setToConfirm(false)
                }}
              >
                {words.say('web.control.back')}
              </button>
            )}
          </div>
        </form>
      )}
    </Dialog>
  )
}

function Input({ point, text, onInput }: { point: ControlPoint; text: string; onInput: (text: string) => void }) {
  const { words } = useApp()
  const { allowed, unit } = point
  return (
    <label class="grid gap-1">
      <span class="text-sm font-medium">{words.say('web.control.new') + (unit === null ? '' : ` (${unit})`)}</span>
      {allowed.kind === 'number' ? (
        <input
          class="input touch w-full"
          type="number"
          inputMode="decimal"
          required
          autofocus
          min={allowed.min}
          max={allowed.max}
          step={allowed.step ?? 'any'}
          value={text}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      ) : (
        <select class="select touch w-full" value={text} onChange={(event) => onInput(event.currentTarget.value)}>
          {allowed.values.map((value) => (
            <option key={String(value)} value={String(value)}>
              {words.figure(value, null)}
            </option>
          ))}
        </select>
      )}
    </label>
  )
}

type OutcomeProps = Readonly<{ request: ControlRequest; unit: string | null; onClose: () => void }>

function Outcome({ request: { outcome, readBack, why }, unit, onClose }: OutcomeProps) {
  const { words } = useApp()
  const isVerified = outcome === 'verified'
  return (
    <div class="grid gap-3">
      <p
        role="status"
        data-outcome={outcome ?? 'pending'}
        class={`alert alert-soft ${isVerified ? 'alert-success' : 'alert-warning'}`}
      >
        <Icon name={isVerified ? 'circle-check' : 'triangle-alert'} />
        <span>
          {words.say(`web.control.outcome.${outcome ?? 'pending'}`)}
          {readBack !== null && ` · ${words.say('web.control.holds', { value: words.figure(readBack, unit) })}`}
          {why && <span class="block">{words.of(why.text)}</span>}
        </span>
      </p>
      <button type="button" class="btn touch" autofocus onClick={onClose}>
        {words.say('web.control.close')}
      </button>
    </div>
  )
}

function valueOf({ allowed }: ControlPoint, text: string): Value {
  if (allowed.kind === 'number') return Number(text)
  return allowed.values.find((value) => String(value) === text) ?? text
}
