import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Order } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { ByWhom } from '../../parts/action.tsx'
import { may } from '../../roles.ts'
import { useRole } from '../alarms/person.tsx'
import type { TextKey } from '../../words/words.ts'
import { localOf, momentOf } from '../silences/local-time.ts'
import { TimeField } from '../silences/time-field.tsx'
import type { FieldName } from './steps.ts'
import { tagFor } from './tag.ts'
import { TagCamera } from './tag-camera.tsx'

const PAUSES = ['resident_absent', 'parts', 'utility', 'weather', 'fund_approval'] as const
const PROOFS = ['voice', 'camera', 'opened_door', 'looked_on_site'] as const
const REST_HOURS = [1, 4, 24, 72, 168] as const
const SUPERVISORS = ['manager', 'chief']

type Word = string | number | boolean | undefined
export type Said = Readonly<Record<string, Word>>
type FieldsProps = Readonly<{ asks: readonly FieldName[]; order: Order; said: Said; say: (said: Said) => void }>

/** What a step asks for. */
export function Fields({ asks, order, said, say }: FieldsProps) {
  const set = (key: string, value: Word) => say({ ...said, [key]: value === '' ? undefined : value })
  const props = { order, said, set }
  return (
    <>
      {asks.includes('tag') && <Tag {...props} />}
      {asks.includes('for') && <Appointment {...props} />}
      {asks.includes('to') && <Person {...props} name="to" label="web.field.to" />}
      {asks.includes('into') && <Line {...props} name="into" label="web.field.into" isRequired />}
      {asks.includes('pause') && <Pause {...props} />}
      {asks.includes('proof') && <Proof {...props} />}
      {asks.includes('callBack') && <CallBack {...props} />}
      {asks.includes('stars') && <Count {...props} name="stars" label="web.field.stars" max={5} isRequired />}
      {asks.includes('report') && <Report {...props} />}
      {asks.includes('text') && <Words {...props} name="text" label="web.action.ask.text" isRequired />}
      {asks.includes('reason') && <Words {...props} name="reason" label="web.action.ask.reason" isRequired />}
    </>
  )
}

type Field = Readonly<{ order: Order; said: Said; set: (key: string, value: Word) => void }>
type Named = Field & Readonly<{ name: string; label: TextKey; isRequired?: boolean }>

function Labelled({ label, hint, children }: { label: TextKey; hint?: TextKey; children: ComponentChildren }) {
  const { words } = useApp()
  return (
    <label class="grid gap-1">
      <span class="text-sm font-medium">{words.say(label)}</span>
      {children}
      {hint && <span class="quiet text-sm">{words.say(hint)}</span>}
    </label>
  )
}

function Words({ name, label, isRequired = false, said, set }: Named) {
  return (
    <Labelled label={label}>
      <textarea
        class="textarea w-full"
        name={name}
        rows={3}
        maxLength={2_000}
        required={isRequired}
        value={String(said[name] ?? '')}
        onInput={(event) => set(name, event.currentTarget.value.trim())}
      />
    </Labelled>
  )
}

function Line({ name, label, isRequired = false, said, set }: Named) {
  return (
    <Labelled label={label}>
      <input
        class="input touch w-full"
        name={name}
        required={isRequired}
        maxLength={80}
        autocomplete="off"
        value={String(said[name] ?? '')}
        onInput={(event) => set(name, event.currentTarget.value.trim())}
      />
    </Labelled>
  )
}

function Count({ name, label, max, isRequired = false, said, set }: Named & { max: number }) {
  return (
    <Labelled label={label}>
      <input
        class="input touch w-full"
        type="number"
        name={name}
        min={1}
        max={max}
        required={isRequired}
        value={String(said[name] ?? '')}
        onInput={(event) => set(name, event.currentTarget.value === '' ? '' : Number(event.currentTarget.value))}
      />
    </Labelled>
  )
}

function Person({ name, label, said, set, of }: Named & { of?: readonly string[] }) {
  const { words, estate } = useApp()
  const staff = (estate.site.value?.staff ?? []).filter(({ role }) => of === undefined || of.includes(role))
  return (
    <Labelled label={label}>
      <select
        required
        class="select touch w-full"
        name={name}
        value={String(said[name] ?? '')}
        onChange={(event) => set(name, event.currentTarget.value)}
      >
        <option value="" disabled>
          {words.say('web.action.by.choose')}
        </option>
        {staff.map(({ id, role }) => (
          <option key={id} value={id}>
            {id} · {words.sayCode('staff', role)}
          </option>
        ))}
      </select>
    </Labelled>
  )
}

function Choice({ name, label, options, said, set }: Named & { options: readonly (readonly [string, string])[] }) {
  const { words } = useApp()
  return (
    <Labelled label={label}>
      <select
        required
        class="select touch w-full"
        name={name}
        value={String(said[name] ?? '')}
        onChange={(event) => set(name, event.currentTarget.value)}
      >
        <option value="" disabled>
          {words.say('web.action.by.choose')}
        </option>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Labelled>
  )
}

function Pause(field: Field) {
  const { words, estate } = useApp()
  const hours = REST_HOURS.map((n) => {
    const until = new Date(estate.clock.now.peek() + n * 3_600_000).toISOString()
    return [until, `${words.say('web.field.hours', { n })} · ${words.format.moment(until)}`] as const
  })
  // The moments stay as they were when the dialog opened.
  const [untils] = useState(hours)
  const reasons = PAUSES.map((reason) => [reason, words.sayCode('pause', reason)] as const)
  return (
    <>
      <Choice {...field} name="pause" label="web.field.pause" options={reasons} />
      <Choice {...field} name="until" label="web.field.until" options={untils} />
    </>
  )
}

/** When somebody will be there, as it was agreed. */
function Appointment({ said, set }: Field) {
  const { words, estate } = useApp()
  const zone = estate.site.value?.timeZone ?? 'UTC'
  const [local, setLocal] = useState(localOf(estate.clock.now.peek() + 24 * 3_600_000, zone))
  const choose = (value: string) => {
    setLocal(value)
    const at = momentOf(value, zone)
    set('for', at === null ? undefined : new Date(at).toISOString())
  }
  useEffect(() => {
    if (said['for'] === undefined) choose(local)
  }, [])
  return <TimeField name="for" label={words.say('web.field.for')} value={local} choose={choose} />
}

function Proof(field: Field) {
  const { words } = useApp()
  const options = PROOFS.map((proof) => [proof, words.sayCode('proof', proof)] as const)
  return <Choice {...field} name="proof" label="web.field.proof" options={options} />
}

function Check({ name, label, said, set }: Named) {
  const { words } = useApp()
  return (
    <label class="flex min-h-11 items-center gap-2">
      <input
        type="checkbox"
        class="checkbox"
        name={name}
        checked={said[name] === true}
        onChange={(event) => set(name, event.currentTarget.checked)}
      />
      <span>{words.say(label)}</span>
    </label>
  )
}

function CallBack(field: Field) {
  return (
    <>
      <Check {...field} name="reached" label="web.field.reached" />
      {field.said['reached'] === true && <Check {...field} name="solved" label="web.field.solved" />}
    </>
  )
}

function Report(field: Field) {
  const part = (field.said['part'] ?? '') as string
  return (
    <>
      <Words {...field} name="finding" label="web.action.ask.finding" />
      <Count {...field} name="minutes" label="web.field.minutes" max={10_000} />
      <div class="grid grid-cols-[1fr_6rem] gap-2">
        <Line {...field} name="part" label="web.field.part" />
        <Count {...field} name="count" label="web.field.count" max={999} isRequired={part !== ''} />
      </div>
    </>
  )
}

/** What was scanned last is filled in when it is this equipment's. */
function Tag(field: Field) {
  const { words } = useApp()
  const role = useRole()
  const [isMissing, setMissing] = useState(false)
  const { order, said, set } = field
  // In the name of a supervisor only a supervisor says so.
  const mayAnswerForIt = role !== null && may(role, 'decideOrders')
  const isFilled = said['tag'] !== undefined
  const known = tagFor(order.asset)
  if (known !== null && !isFilled && !isMissing) set('tag', known)
  const lose = (isLost: boolean) => {
    setMissing(isLost)
    set('tag', '')
  }
  return (
    <>
      {!isMissing && (
        <>
          <TagCamera
            take={(tag) => {
              const isHere = tag.startsWith(`${order.asset}.`)
              if (isHere) set('tag', tag)
              return isHere
            }}
          />
          <Labelled label="web.field.tag" hint="web.field.tag.hint">
            <input
              class="input touch w-full font-mono"
              name="tag"
              required
              maxLength={128}
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              value={String(said['tag'] ?? '')}
              onInput={(event) => set('tag', event.currentTarget.value.trim())}
            />
          </Labelled>
        </>
      )}
      {!mayAnswerForIt && <p class="quiet text-sm">{words.say('web.field.tag.lost')}</p>}
      {mayAnswerForIt && (
        <label class="flex min-h-11 items-center gap-2">
          <input
            type="checkbox"
            class="checkbox"
            checked={isMissing}
            onChange={(event) => lose(event.currentTarget.checked)}
          />
          <span>{words.say('web.field.no_tag')}</span>
        </label>
      )}
      {isMissing && (
        <>
          <Person {...field} name="approver" label="web.field.approver" of={SUPERVISORS} />
          <Words {...field} name="reason" label="web.action.ask.reason" isRequired />
        </>
      )}
    </>
  )
}

/** Of the words in the fields, what the gateway is told. */
export function bodyOf(said: Said): Record<string, unknown> {
  const { part, count, reached, ...rest } = said
  const parts = part === undefined ? {} : { parts: [{ name: part, count: count ?? 1 }] }
  const answered =
    reached === undefined ? {} : { reached, ...(reached === true ? { solved: said['solved'] === true } : {}) }
  return Object.fromEntries(
    Object.entries({ ...rest, ...parts, ...answered }).filter(([, value]) => value !== undefined),
  )
}

/** Whoever is nobody of the staff list says for whom it is done. */
export function By({ own, by, choose }: { own: string | null; by: string; choose: (by: string) => void }) {
  return own === null ? <ByWhom by={by} choose={choose} /> : null
}
