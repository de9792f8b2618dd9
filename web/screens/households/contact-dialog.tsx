import { useState } from 'preact/hooks'
import type { Contact, Relation } from '../../api/household-types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'

type Props = Readonly<{
  home: string
  /** Somebody who moved out; null to add somebody. */
  ending: Contact | null
  onClose: () => void
  onDone: (corrected: number) => void
}>
const RELATIONS: readonly Relation[] = ['tenant', 'owner', 'family']

/** Who lives there since a day, or until one: what was told meanwhile is judged anew. */
export function ContactDialog({ home, ending, onClose, onDone }: Props) {
  const { words, estate } = useApp()
  const sending = useSending()
  const today = new Date(estate.clock.now.peek()).toISOString().slice(0, 10)
  const [name, setName] = useState('')
  const [relation, setRelation] = useState<Relation>('tenant')
  const [phone, setPhone] = useState('')
  const [day, setDay] = useState(today)
  const [consent, setConsent] = useState(true)
  const submit = async (event: Event) => {
    event.preventDefault()
    // Midnight where the estate stands.
    const at = midnightOf(day, estate.site.value?.timeZone ?? 'UTC')
    const done = await sending.send<{ corrected: readonly string[] }>(
      ending ? `/contacts/${ending.id}/correct` : `/households/${home}/contacts`,
      ending
        ? { to: at }
        : { name, relation, from: at, consent, ...(phone.trim() === '' ? {} : { phone: phone.trim() }) },
    )
    if (done) onDone(done.corrected.length)
  }
  return (
    <Dialog title={words.say(ending ? 'web.household.end' : 'web.household.add')} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} class="grid gap-3">
        <p class="quiet text-sm">{ending ? ending.name : words.say('web.household.add.means')}</p>
        {!ending && (
          <>
            <label class="grid gap-1">
              <span class="text-sm font-medium">{words.say('web.household.field.name')}</span>
              <input
                class="input touch w-full"
                required
                autofocus
                maxLength={100}
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            </label>
            <label class="grid gap-1">
              <span class="text-sm font-medium">{words.say('web.household.field.relation')}</span>
              <select
                class="select touch w-full"
                value={relation}
                onChange={(event) => setRelation(event.currentTarget.value as Relation)}
              >
                {RELATIONS.map((each) => (
                  <option key={each} value={each}>
                    {words.say(`web.relation.${each}`)}
                  </option>
                ))}
              </select>
            </label>
            <label class="grid gap-1">
              <span class="text-sm font-medium">{words.say('web.household.field.phone')}</span>
              <input
                class="input touch w-full"
                type="tel"
                maxLength={32}
                value={phone}
                onInput={(event) => setPhone(event.currentTarget.value)}
              />
            </label>
          </>
        )}
        <label class="grid gap-1">
          <span class="text-sm font-medium">
            {words.say(ending ? 'web.household.field.to' : 'web.household.field.from')}
          </span>
          <input
            class="input touch w-full"
            type="date"
            required
            value={day}
            onInput={(event) => setDay(event.currentTarget.value)}
          />
        </label>
        {!ending && (
          <label class="flex min-h-11 items-center gap-2">
            <input
              type="checkbox"
              class="checkbox"
              checked={consent}
              onChange={(event) => setConsent(event.currentTarget.checked)}
            />
            <span class="text-sm">{words.say('web.household.field.consent')}</span>
          </label>
        )}
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          {words.say('web.household.save')}
        </button>
      </form>
    </Dialog>
  )
}

/** The offset of the estate on that day, found by asking what its clocks say at midnight UTC. */
function midnightOf(day: string, timeZone: string): string {
  const utc = Date.parse(`${day}T00:00:00Z`)
  const shown = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  }).format(utc)
  const local = Date.parse(`${shown.replace(', ', 'T')}Z`)
  return new Date(utc - (local - utc)).toISOString()
}
