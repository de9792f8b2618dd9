import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import type { IntakeChoices, IntakeClass } from '../../api/order-types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { usePerson } from '../alarms/person.tsx'
import { localOf, momentOf } from '../silences/local-time.ts'
import { TimeField } from '../silences/time-field.tsx'
import { isSubmitKey, SelectField, TextField, WordsField } from './open-order-fields.tsx'

const DAY_MS = 24 * 3_600_000
/** What is said on the telephone; the others come of what one sees, or of a plan. */
const OF_RESIDENTS: readonly IntakeClass[] = ['P4a', 'P4b', 'P5', 'P5q']
const AT_HOME: readonly IntakeClass[] = ['P5', 'P4b', 'P4a', 'P5q']

type Props = Readonly<{
  /** Of the page it is opened on; without one it is asked for. */
  home?: string
  onClose: () => void
}>

/** What somebody reports becomes an order: what for, what it is, in their words. Ctrl and Enter send it. */
export function OpenOrder({ home, onClose }: Props) {
  const { words, connection, estate } = useApp()
  const { route } = useLocation()
  const sending = useSending()
  const { by, field } = usePerson()
  const zone = estate.site.value?.timeZone ?? 'UTC'
  const [choices, setChoices] = useState<IntakeChoices | null>(null)
  const [ofClass, setClass] = useState<IntakeClass>(home === undefined ? 'P4b' : 'P5')
  const [said, setSaid] = useState({ about: home ?? '', text: '', phone: '', name: '', skill: '', against: '' })
  const [due, setDue] = useState(localOf(estate.clock.now.peek() + DAY_MS, zone))
  const set = (key: keyof typeof said) => (value: string) => setSaid({ ...said, [key]: value })
  useEffect(() => {
    connection.get<IntakeChoices>('/intake').then(setChoices, () => {})
  }, [])
  const assets = estate.site.value?.assets ?? []
  const submit = async (event: Event) => {
    event.preventDefault()
    const { about, text, ...more } = said
    const place = whereOf(about.trim(), assets, choices?.places ?? [])
    const given = Object.entries(more).flatMap(([key, value]) => (value.trim() === '' ? [] : [[key, value.trim()]]))
    const planned = ofClass === 'P6' ? { due: new Date(momentOf(due, zone) ?? 0).toISOString() } : {}
    const source = ofClass === 'P6' ? 'planned' : OF_RESIDENTS.includes(ofClass) ? 'resident' : 'staff'
    const body = { by, class: ofClass, source, ...place, text: text.trim(), ...Object.fromEntries(given), ...planned }
    const opened = await sending.send<{ order?: string }>('/orders', body)
    if (!opened) return
    onClose()
    if (opened.order !== undefined) route(`/orders/${opened.order}`)
  }
  const classes = home === undefined ? (choices?.classes ?? OF_RESIDENTS) : AT_HOME
  const isOfResident = OF_RESIDENTS.includes(ofClass)
  return (
    <Dialog title={words.say('web.intake.open')} onClose={onClose}>
      <form
        onSubmit={(event) => void submit(event)}
        onKeyDown={(event) => isSubmitKey(event) && event.currentTarget.requestSubmit()}
        class="grid gap-3"
        data-form="open-order"
      >
        {field}
        <SelectField
          name="class"
          label={words.say('web.intake.class')}
          value={ofClass}
          choose={(value) => setClass(value as IntakeClass)}
          options={classes.map((each) => [each, `${words.sayCode('opening', each)} · ${each}`])}
        />
        {home === undefined ? (
          <TextField
            name="about"
            label={words.say('web.intake.about')}
            value={said.about}
            choose={set('about')}
            isRequired
            isFirst
            options={[...assets, ...(choices?.places ?? [])].map(({ id, name }) => [id, words.of(name)])}
          />
        ) : (
          <p class="text-sm font-medium">{home}</p>
        )}
        <WordsField
          label={words.say('web.intake.text')}
          value={said.text}
          choose={set('text')}
          isFirst={home !== undefined}
        />
        {isOfResident && (
          <div class="grid gap-3 sm:grid-cols-2">
            <TextField name="phone" label={words.say('web.intake.phone')} value={said.phone} choose={set('phone')} />
            <TextField name="name" label={words.say('web.intake.name')} value={said.name} choose={set('name')} />
          </div>
        )}
        {ofClass === 'P6' && <TimeField name="due" label={words.say('web.intake.due')} value={due} choose={setDue} />}
        <SelectField
          name="skill"
          label={words.say('web.order.skill')}
          value={said.skill}
          choose={set('skill')}
          isRequired={ofClass === 'P4a' || ofClass === 'P4b'}
          empty={words.say(
            ofClass === 'P4a' || ofClass === 'P4b' ? 'web.intake.skill.choose' : 'web.intake.skill.found',
          )}
          options={(choices?.skills ?? []).map((skill) => [skill, words.sayCode('skill', skill)])}
        />
        {ofClass === 'P5' && (
          <SelectField
            name="against"
            label={words.say('web.intake.against')}
            value={said.against}
            choose={set('against')}
            empty={words.say('web.intake.against.nobody')}
            options={(estate.site.value?.staff ?? []).map(({ id, role }) => [
              id,
              `${id} · ${words.sayCode('staff', role)}`,
            ])}
          />
        )}
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          <Icon name="clipboard-list" />
          {words.say('web.intake.send')}
        </button>
      </form>
    </Dialog>
  )
}

type Named = Readonly<{ id: string }>

/** What was typed, as an asset, a place, or else a home. */
function whereOf(about: string, assets: readonly Named[], places: readonly Named[]): object {
  const isOne = ({ id }: Named) => id.toLowerCase() === about.toLowerCase()
  const asset = assets.find(isOne)
  if (asset) return { asset: asset.id }
  const place = places.find(isOne)
  return place ? { place: place.id } : { home: about.toUpperCase().replace(/\s+/, '-') }
}
