import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { RosterPerson } from '../../api/roster-types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { usePerson } from '../alarms/person.tsx'
import { localOf, momentOf } from '../silences/local-time.ts'
import { TimeField } from '../silences/time-field.tsx'

const DAY_MS = 86_400_000
const REASONS = ['leave', 'sick', 'training', 'other'] as const
type FormProps = Readonly<{ person: string; onDone: () => void }>
type WithPeople = FormProps & Readonly<{ people: readonly RosterPerson[] }>

/** Away from then to then, and why in one word. */
export function LeaveForm({ person, onDone }: FormProps) {
  const { words } = useApp()
  const span = useSpan()
  const [reason, setReason] = useState<string>(REASONS[0])
  return (
    <Form path={`/people/${person}/leave`} body={() => ({ ...span.times(), reason })} deed="leave" onDone={onDone}>
      {span.fields}
      <Choice name="reason" label={words.say('web.roster.reason')} value={reason} choose={setReason}>
        {REASONS.map((word) => (
          <option key={word} value={word}>
            {words.say(`web.leave.${word}`)}
          </option>
        ))}
      </Choice>
    </Form>
  )
}

/** More duty, or somebody's place. */
export function DutyForm({ person, people, onDone }: WithPeople) {
  const { words } = useApp()
  const span = useSpan()
  const [instead, setInstead] = useState('')
  const body = () => ({ ...span.times(), ...(instead === '' ? {} : { instead }) })
  return (
    <Form path={`/people/${person}/duty`} body={body} deed="duty" onDone={onDone}>
      {span.fields}
      <Choice name="instead" label={words.say('web.roster.instead')} value={instead} choose={setInstead}>
        <option value="">{words.say('web.roster.instead.nobody')}</option>
        <Others people={people} than={person} />
      </Choice>
    </Form>
  )
}

/** What somebody may do, until a last day. */
export function CertificateForm({ person, onDone }: FormProps) {
  const { words } = useApp()
  const [certificate, setCertificate] = useState('')
  const [until, setUntil] = useState('')
  return (
    <Form
      path={`/people/${person}/certificates`}
      body={() => ({ certificate, until })}
      deed="certificate"
      onDone={onDone}
    >
      <label class="grid gap-1">
        <span class="text-sm font-medium">{words.say('web.roster.certificate')}</span>
        <input
          name="certificate"
          required
          class="input touch w-full"
          pattern="[a-z][a-z0-9_\-]*"
          placeholder="lift-officer"
          autocapitalize="off"
          value={certificate}
          onInput={(event) => setCertificate(event.currentTarget.value)}
        />
      </label>
      <label class="grid gap-1">
        <span class="text-sm font-medium">{words.say('web.roster.last_day')}</span>
        <input
          type="date"
          name="until"
          required
          class="input touch w-full"
          value={until}
          onInput={(event) => setUntil(event.currentTarget.value)}
        />
      </label>
    </Form>
  )
}

/** Works here no more: to whom the open work goes. */
export function LeaverForm({ person, people, onDone }: WithPeople) {
  const { words } = useApp()
  const [handTo, setHandTo] = useState('')
  const body = () => (handTo === '' ? {} : { handTo })
  return (
    <Form path={`/people/${person}/leave-for-good`} body={body} deed="leaver" onDone={onDone}>
      <p class="quiet text-sm">{words.say('web.roster.leaver.means')}</p>
      <Choice name="handTo" label={words.say('web.roster.hand_to')} value={handTo} choose={setHandTo}>
        <option value="">{words.say('web.roster.hand_to.rules')}</option>
        <Others people={people} than={person} />
      </Choice>
    </Form>
  )
}

type SendingForm = Readonly<{
  path: string
  body: () => object
  deed: 'leave' | 'duty' | 'certificate' | 'leaver'
  onDone: () => void
  children: ComponentChildren
}>

function Form({ path, body, deed, onDone, children }: SendingForm) {
  const { words } = useApp()
  const sending = useSending()
  const { by, field } = usePerson()
  const submit = async (event: Event) => {
    event.preventDefault()
    if (await sending.send(path, { by, ...body() })) onDone()
  }
  return (
    <form onSubmit={(event) => void submit(event)} class="grid gap-3" data-form={deed}>
      {field}
      {children}
      <Refused text={sending.refused} />
      <button
        type="submit"
        class={`btn touch ${deed === 'leaver' ? 'btn-error' : 'btn-primary'}`}
        disabled={sending.isBusy}
      >
        {words.say(`web.roster.do.${deed}`)}
      </button>
    </form>
  )
}

/** From tomorrow's midnight for a day, unless somebody says otherwise; by the clock on the wall. */
function useSpan() {
  const { words, estate } = useApp()
  const zone = estate.site.value?.timeZone ?? 'UTC'
  const now = estate.clock.now.peek() + (estate.health.value?.wallOffsetMs ?? 0)
  const midnight = (days: number) => `${localOf(now + days * DAY_MS, zone).slice(0, 10)}T00:00`
  const [from, setFrom] = useState(midnight(1))
  const [to, setTo] = useState(midnight(2))
  const written = (local: string) => new Date(momentOf(local, zone) ?? 0).toISOString()
  return {
    times: () => ({ from: written(from), to: written(to) }),
    fields: (
      <div class="grid gap-3 sm:grid-cols-2">
        <TimeField name="from" label={words.say('web.roster.from')} value={from} choose={setFrom} />
        <TimeField name="to" label={words.say('web.roster.to')} value={to} choose={setTo} />
      </div>
    ),
  }
}

type ChoiceProps = Readonly<{
  name: string
  label: string
  value: string
  choose: (value: string) => void
  children: ComponentChildren
}>

function Choice({ name, label, value, choose, children }: ChoiceProps) {
  return (
    <label class="grid gap-1">
      <span class="text-sm font-medium">{label}</span>
      <select
        name={name}
        class="select touch w-full"
        value={value}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {children}
      </select>
    </label>
  )
}

function Others({ people, than }: { people: readonly RosterPerson[]; than: string }) {
  const { words } = useApp()
  return (
    <>
      {people
        .filter(({ id, hasLeft }) => id !== than && !hasLeft)
        .map(({ id, name, role }) => (
          <option key={id} value={id}>
            {name ?? id} · {words.sayCode('staff', role)}
          </option>
        ))}
    </>
  )
}
