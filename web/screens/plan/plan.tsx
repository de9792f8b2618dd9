import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { ByWhom, Refused, useSending } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { usePerson } from '../alarms/person.tsx'
import { WithSentences } from '../notices/sentences.tsx'
import { localOf, momentOf } from '../silences/local-time.ts'
import { TimeField } from '../silences/time-field.tsx'
import { type Choices, type Draft, useChoices, usePreview } from './choices.ts'
import { PlaceTree, toggled } from './place-tree.tsx'
import { PreviewPanel } from './preview-panel.tsx'

const HOUR_MS = 3_600_000
/** Residents are told three days ahead, unless somebody chooses otherwise. */
const AHEAD_MS = 72 * HOUR_MS

export function PlanScreen() {
  return <WithSentences>{() => <Planning />}</WithSentences>
}

function Planning() {
  const { words } = useApp()
  const choices = useChoices()
  const under = { href: '/notices', name: words.say('web.screen.notices') }
  return (
    <Screen title={words.say('web.plan.title')} under={under}>
      {choices === null ? <Skeletons count={2} height="h-48" /> : <Composer choices={choices} />}
    </Screen>
  )
}

/** Work that residents hear of in time: what, where, when, who; beside it what each channel would say. */
function Composer({ choices }: { choices: Choices }) {
  const { words, estate } = useApp()
  const { route } = useLocation()
  const sending = useSending()
  const { by, field } = usePerson()
  const zone = estate.site.value?.timeZone ?? 'UTC'
  const wall = estate.clock.now.peek() + (estate.health.value?.wallOffsetMs ?? 0)
  const start = Math.ceil((wall + AHEAD_MS) / HOUR_MS) * HOUR_MS
  const [draft, setDraft] = useState<Draft>({
    work: choices.works[0]!.work,
    asset: '',
    places: new Set(),
    from: localOf(start, zone),
    to: localOf(start + 2 * HOUR_MS, zone),
    rules: new Set(),
    reason: '',
    second: '',
  })
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const work = choices.works.find((each) => each.work === draft.work)!
  const asset = choices.assets.find(({ id }) => id === draft.asset)
  const body = bodyOf(draft, work.kind, zone)
  const preview = usePreview(asset ? body : null)
  const isLate = preview !== null && !preview.isInTime
  const submit = async (event: Event) => {
    event.preventDefault()
    const { rules, second } = draft
    const more = {
      rules: [...rules],
      ...(isLate ? { second } : {}),
      ...(work.needsQuality ? { needsQuality: true } : {}),
    }
    if (await sending.send('/notices', { by, ...body, ...more })) route('/notices?state=planned')
  }
  return (
    <form onSubmit={(event) => void submit(event)} class="grid items-start gap-3 lg:grid-cols-2" data-form="plan">
      <Panel title={words.say('web.notice.work')}>
        <div class="grid gap-3">
          <label class="grid gap-1">
            <span class="text-sm font-medium">{words.say('web.plan.what')}</span>
            <select
              name="work"
              class="select touch w-full"
              value={draft.work}
              onChange={(event) => change({ work: event.currentTarget.value })}
            >
              {choices.works.map((each) => (
                <option key={each.work} value={each.work}>
                  {words.sayCode('planned_work', each.work)}
                </option>
              ))}
            </select>
          </label>
          <label class="grid gap-1">
            <span class="text-sm font-medium">{words.say('web.plan.asset')}</span>
            <select
              name="asset"
              required
              class="select touch w-full"
              value={draft.asset}
              onChange={(event) => change({ asset: event.currentTarget.value, rules: new Set() })}
            >
              <option value="" disabled>
                {words.say('web.plan.asset.choose')}
              </option>
              {choices.assets.map(({ id, name }) => (
                <option key={id} value={id}>
                  {words.of(name)} · {id}
                </option>
              ))}
            </select>
          </label>
          <div class="grid gap-3 sm:grid-cols-2">
            <TimeField
              name="from"
              label={words.say('web.notice.from')}
              value={draft.from}
              choose={(from) => change({ from })}
            />
            <TimeField name="to" label={words.say('web.notice.to')} value={draft.to} choose={(to) => change({ to })} />
          </div>
          <Audience choices={choices} chosen={draft.places} choose={(places) => change({ places })} />
          {asset && <Silent asset={asset} chosen={draft.rules} choose={(rules) => change({ rules })} />}
          <label class="grid gap-1">
            <span class="text-sm font-medium">{words.say('web.plan.note')}</span>
            <textarea
              name="reason"
              class="textarea w-full"
              rows={2}
              maxLength={500}
              required={isLate}
              value={draft.reason}
              onInput={(event) => change({ reason: event.currentTarget.value })}
            />
          </label>
          {isLate && (
            <div class="grid gap-2" data-late>
              <p class="alert alert-warning alert-soft">{words.say('web.plan.late', { hours: preview.leadHours })}</p>
              <SecondPerson chosen={draft.second} choose={(second) => change({ second })} />
            </div>
          )}
          {field}
        </div>
      </Panel>
      <div class="grid gap-3">
        <PreviewPanel preview={preview} />
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy || preview === null}>
          <Icon name="megaphone" />
          {words.say('web.plan.send', { homes: preview ? words.format.number(preview.homes) : '…' })}
        </button>
      </div>
    </form>
  )
}

function bodyOf({ work, asset, places, from, to, reason }: Draft, kind: string, zone: string): object | null {
  const [start, end] = [momentOf(from, zone), momentOf(to, zone)]
  if (start === null || end === null) return null
  const times = { from: new Date(start).toISOString(), to: new Date(end).toISOString() }
  const why = reason.trim()
  return {
    kind,
    work,
    assets: [asset],
    ...times,
    ...(places.size > 0 ? { places: [...places] } : {}),
    ...(why === '' ? {} : { reason: why }),
  }
}

function Audience({ choices, chosen, choose }: Parameters<typeof PlaceTree>[0]) {
  const { words } = useApp()
  const [isOther, setOther] = useState(false)
  const served = () => {
    setOther(false)
    choose(new Set())
  }
  const radio = (is: boolean, text: string, set: () => void) => (
    <label class="touch flex cursor-pointer items-center gap-2 text-sm">
      <input type="radio" name="audience" class="radio radio-sm" checked={isOther === is} onChange={set} />
      {text}
    </label>
  )
  return (
    <fieldset class="grid gap-1">
      <legend class="text-sm font-medium">{words.say('web.plan.audience')}</legend>
      {radio(false, words.say('web.plan.audience.served'), served)}
      {radio(true, words.say('web.plan.audience.places'), () => setOther(true))}
      {isOther && <PlaceTree choices={choices} chosen={chosen} choose={choose} />}
    </fieldset>
  )
}

type SilentProps = Readonly<{
  asset: Choices['assets'][number]
  chosen: ReadonlySet<string>
  choose: (chosen: ReadonlySet<string>) => void
}>

/** Only what the work itself must cause. */
function Silent({ asset, chosen, choose }: SilentProps) {
  const { words } = useApp()
  return (
    <fieldset class="grid gap-1">
      <legend class="text-sm font-medium">{words.say('web.plan.silence')}</legend>
      <p class="quiet text-sm">{words.say('web.plan.silence.means')}</p>
      {asset.rules.map(({ id, name, class: ofClass, safety }) => (
        <label key={id} class="touch flex cursor-pointer items-center gap-2 text-sm">
          <input
            type="checkbox"
            name="rule"
            value={id}
            class="checkbox checkbox-sm"
            checked={chosen.has(id)}
            onChange={() => choose(toggled(chosen, id))}
          />
          <span class="min-w-0 flex-1 break-words">{words.of(name)}</span>
          <span class={`badge badge-sm ${safety ? 'badge-error badge-soft' : 'badge-ghost'}`}>{ofClass}</span>
        </label>
      ))}
    </fieldset>
  )
}

function SecondPerson({ chosen, choose }: { chosen: string; choose: (person: string) => void }) {
  const { words } = useApp()
  return (
    <div>
      <p class="mb-1 text-sm font-medium">{words.say('web.plan.second')}</p>
      <ByWhom by={chosen} choose={choose} />
    </div>
  )
}
