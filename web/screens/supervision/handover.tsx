import type { ComponentChildren } from 'preact'
import { useRoute } from 'preact-iso'
import { useState } from 'preact/hooks'
import type { HandoverSheet, Side } from '../../api/supervision-types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { usePerson } from '../alarms/person.tsx'
import { StaleNote } from '../alarms/stale-note.tsx'
import { fromTo, HandoverBadge } from './handovers.tsx'
import { WithSentences } from './with-sentences.tsx'

const EVERY_MS = 15_000
const SIDES = ['outgoing', 'incoming'] as const satisfies readonly Side[]

/** One sheet: what is open, what is silent, what is locked, what was promised; and the two signatures. */
export function HandoverScreen() {
  return <WithSentences>{() => <Sheet />}</WithSentences>
}

function Sheet() {
  const { words } = useApp()
  const { params } = useRoute()
  const { found, at, refused, look } = useLookedAt<HandoverSheet>(`/handovers/${params.id ?? ''}`, EVERY_MS)
  return (
    <Screen
      title={found ? `${words.of(found.name)} · ${words.format.moment(found.changeAt)}` : words.say('web.handover')}
      {...(found ? { hint: fromTo(found) } : {})}
      under={{ href: '/handovers', name: words.say('web.orders.tab.handovers') }}
      {...(found ? { aside: <HandoverBadge sheet={found} /> } : {})}
    >
      <StaleNote refused={refused} at={at} />
      {found === null && refused === null && <Skeletons count={2} height="h-48" />}
      {found && (
        <div class="grid items-start gap-3 lg:grid-cols-2">
          <Items sheet={found} />
          <div class="grid min-w-0 gap-3">
            <Panel title={words.say('web.handover.signatures')}>
              <ul class="grid gap-2">
                {SIDES.map((side) => (
                  <Signature key={side} side={side} sheet={found} />
                ))}
              </ul>
            </Panel>
            {found.state === 'open' && <Sign sheet={found} done={look} />}
          </div>
        </div>
      )}
    </Screen>
  )
}

function Items({ sheet: { items, isLive } }: { sheet: HandoverSheet }) {
  const { words } = useApp()
  const alarms = [
    ['standing', items.standing],
    ['shelved', items.shelved],
    ['suppressed', items.suppressed],
    ['outOfService', items.outOfService],
  ] as const
  const held = [
    ['lockouts', items.lockouts],
    ['permits', items.permits],
  ] as const
  return (
    <Panel title={words.say(isLive ? 'web.handover.now' : 'web.handover.as_signed')}>
      <Part title={words.say('web.handover.orders')} count={items.orders.length}>
        {items.orders.map(({ id, name, assetName, class: ofClass, assignee, eta }) => (
          <li key={id}>
            <a class="link" href={`/orders/${id}`}>
              {ofClass} · {words.of(name)}
            </a>{' '}
            <span class="quiet">
              {words.of(assetName)} · {assignee ?? words.say('web.order.nobody')}
            </span>
            {eta !== null && (
              <span class="badge badge-warning badge-soft badge-sm ml-1">
                {words.say('web.handover.promised', { time: words.format.moment(eta) })}
              </span>
            )}
          </li>
        ))}
      </Part>
      {alarms.map(([kind, lines]) => (
        <Part key={kind} title={words.say(`web.handover.alarms.${kind}`)} count={lines.length}>
          {lines.map(({ id, name, assetName }) => (
            <li key={id}>
              <a class="link" href={`/alarms/${id}`}>
                {words.of(name)}
              </a>{' '}
              <span class="quiet">{words.of(assetName)}</span>
            </li>
          ))}
        </Part>
      ))}
      {held.map(([kind, { count, still }]) => (
        <Part key={kind} title={words.say(`web.handover.held.${kind}`)} count={count}>
          {still.map(({ assetName, by, reason }) => (
            <li key={`${by}${reason}`}>
              {words.of(assetName)} <span class="quiet">{`${by}: ${reason}`}</span>
            </li>
          ))}
        </Part>
      ))}
    </Panel>
  )
}

function Part({ title, count, children }: { title: string; count: number; children: ComponentChildren }) {
  const { words } = useApp()
  return (
    <section class="mb-3 last:mb-0" aria-label={title}>
      <h3 class="text-sm font-medium">
        {title} <span class="quiet font-normal">{count}</span>
      </h3>
      {count === 0 ? (
        <p class="quiet text-sm">{words.say('web.handover.none')}</p>
      ) : (
        <ul class="grid gap-1 text-sm">{children}</ul>
      )}
    </section>
  )
}

function Signature({ side, sheet }: { side: Side; sheet: HandoverSheet }) {
  const { words } = useApp()
  const signed = sheet.signatures.find((signature) => signature.side === side)
  return (
    <li class="text-sm">
      <span class="font-medium">{words.say(`web.handover.side.${side}`)}</span>{' '}
      <span class="quiet">{sheet[side].join(', ') || '–'}</span>
      {signed ? (
        <p>
          <Icon name="check" /> {signed.by} · <Moment at={signed.at} />
          {signed.note !== null && <q class="ml-1 break-words whitespace-pre-line">{signed.note}</q>}
        </p>
      ) : (
        <p class="quiet">{words.say(sheet[side].length === 0 ? 'web.handover.nobody' : 'web.handover.unsigned')}</p>
      )}
    </li>
  )
}

function Sign({ sheet, done }: { sheet: HandoverSheet; done: () => void }) {
  const { words } = useApp()
  const { by, field } = usePerson()
  const [note, setNote] = useState('')
  const missing = SIDES.filter(
    (side) => sheet[side].length > 0 && !sheet.signatures.some((signature) => signature.side === side),
  )
  const own = missing.find((side) => sheet[side].includes(by))
  const [chosen, setChosen] = useState<Side>(missing[0] ?? 'incoming')
  const sending = useSending()
  const submit = async (event: Event) => {
    event.preventDefault()
    const said = note.trim() === '' ? {} : { note: note.trim() }
    if (await sending.send(`/handovers/${sheet.id}/sign`, { by, side: own ?? chosen, ...said })) done()
  }
  return (
    <Panel title={words.say('web.handover.own')}>
      <form class="grid gap-3" onSubmit={(event) => void submit(event)}>
        {field}
        {own === undefined && missing.length > 1 && (
          <label class="grid gap-1">
            <span class="text-sm font-medium">{words.say('web.handover.for')}</span>
            <select
              class="select touch w-full"
              value={chosen}
              onChange={(event) => setChosen(event.currentTarget.value as Side)}
            >
              {missing.map((side) => (
                <option key={side} value={side}>
                  {words.say(`web.handover.side.${side}`)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label class="grid gap-1">
          <span class="text-sm font-medium">{words.say('web.handover.note')}</span>
          <textarea
            class="textarea w-full"
            rows={3}
            maxLength={2_000}
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </label>
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy || missing.length === 0}>
          <Icon name="check" />
          {words.say('web.handover.sign')}
        </button>
      </form>
    </Panel>
  )
}
