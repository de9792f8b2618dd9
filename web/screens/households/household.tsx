import { useRoute } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import type { Contact, Household } from '../../api/household-types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Empty, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { OrderBadge } from '../../parts/state-badge.tsx'
import { useKeys } from '../alarms/alarm-keys.ts'
import { useOrderSentences } from '../order/sentences.ts'
import { OpenOrder } from '../orders/open-order.tsx'
import { ContactDialog } from './contact-dialog.tsx'
import type { Words } from '../../words/words.ts'
import { useHouseholdWords } from './sentences.ts'

/** One home: who lives there, and what each of them was told, as it is. */
export function HouseholdScreen() {
  const { words, connection } = useApp()
  const isSaid = [useHouseholdWords(), useOrderSentences()].every(Boolean)
  const [isOpening, setOpening] = useState(false)
  useKeys({ n: () => setOpening(true) })
  const { params } = useRoute()
  const home = params.id ?? ''
  const [found, setFound] = useState<Household | null | undefined>(undefined)
  const look = () => {
    connection.getIfThere<Household>(`/households/${encodeURIComponent(home)}`).then(setFound, () => setFound(null))
  }
  useEffect(look, [home])
  const under = { href: '/households', name: words.say('web.screen.households') }
  return (
    <Screen
      title={home}
      under={under}
      {...(isSaid ? { keys: words.say('web.intake.keys') } : {})}
      aside={
        isSaid &&
        found && (
          <button type="button" class="btn btn-primary touch" onClick={() => setOpening(true)}>
            <Icon name="clipboard-list" />
            {words.say('web.intake.open')}
          </button>
        )
      }
    >
      {isOpening && isSaid && found && <OpenOrder home={home} onClose={() => setOpening(false)} />}
      {(found === undefined || !isSaid) && <Skeletons count={2} height="h-32" />}
      {found === null && isSaid && <Empty icon="house">{words.say('web.gone')}</Empty>}
      {found && isSaid && (
        <div class="grid items-start gap-3 lg:grid-cols-2">
          <div class="grid gap-3">
            <Contacts household={found} onChange={look} />
            <HomeOrders orders={found.orders} />
          </div>
          <Told household={found} />
        </div>
      )}
    </Screen>
  )
}

/** What was opened for this home, and what they thought of it. */
function HomeOrders({ orders }: Pick<Household, 'orders'>) {
  const { words } = useApp()
  return (
    <Panel title={words.say('web.screen.orders')}>
      {orders.length === 0 && <p class="quiet text-sm">{words.say('web.intake.none')}</p>}
      <ul class="grid gap-2 text-sm">
        {orders.map(({ id, name, class: ofClass, state, assignee, openedAt, stars, isSolved }) => (
          <li key={id} class="border-base-300 flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-t pt-2">
            <a class="link font-medium" href={`/orders/${id}`}>
              {words.of(name)} · {id}
            </a>
            <OrderBadge state={state} />
            <span class="quiet">{[ofClass, assignee].filter(Boolean).join(' · ')}</span>
            <Moment at={openedAt} class="quiet" />
            {isSolved !== null && (
              <span class={`badge badge-sm ${isSolved ? 'badge-success' : 'badge-warning'}`}>
                {words.say(isSolved ? 'web.callback.solved' : 'web.callback.not_solved')}
              </span>
            )}
            {stars !== null && <span>{words.say('web.time.rated', { stars })}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Contacts({ household, onChange }: { household: Household; onChange: () => void }) {
  const { words } = useApp()
  const [asked, setAsked] = useState<'add' | Contact | null>(null)
  const [corrected, setCorrected] = useState<number | null>(null)
  const { home, contacts, isOwnerOnly } = household
  return (
    <Panel
      title={words.say('web.household.contacts')}
      aside={
        <button type="button" class="btn btn-primary touch" onClick={() => setAsked('add')}>
          <Icon name="user" />
          {words.say('web.household.add')}
        </button>
      }
    >
      {isOwnerOnly && <p class="alert alert-warning alert-soft mb-2">{words.say('web.household.owneronly')}</p>}
      {corrected !== null && (
        <p role="status" class="alert alert-info alert-soft mb-2">
          {words.say('web.household.corrected', { count: corrected })}
        </p>
      )}
      {contacts.length === 0 && <p class="quiet text-sm">{words.say('web.household.contacts.none')}</p>}
      <ul class="grid gap-2">
        {contacts.map((contact) => (
          <ContactRow key={contact.id} contact={contact} onEnd={() => setAsked(contact)} />
        ))}
      </ul>
      {asked && (
        <ContactDialog
          home={home}
          ending={asked === 'add' ? null : asked}
          onClose={() => setAsked(null)}
          onDone={(count) => {
            setCorrected(count)
            setAsked(null)
            onChange()
          }}
        />
      )}
    </Panel>
  )
}

function ContactRow({ contact, onEnd }: { contact: Contact; onEnd: () => void }) {
  const { words } = useApp()
  const { name, relation, phone, email, consent, from, to, isNow, action } = contact
  return (
    <li
      class={`border-base-300 flex flex-wrap items-center gap-x-3 gap-y-1 border-t pt-2 text-sm ${isNow ? '' : 'quiet'}`}
    >
      <strong>{name}</strong>
      <span class="badge badge-sm">{words.say(`web.relation.${relation}`)}</span>
      {phone && <span>{phone}</span>}
      {email && <span class="break-all">{email}</span>}
      {from && <span class="quiet">{words.say('web.household.from', { day: dayOf(from, words) })}</span>}
      {to && <span class="quiet">{words.say('web.household.to', { day: dayOf(to, words) })}</span>}
      {!consent && <span class="badge badge-warning badge-sm">{words.say('web.household.noconsent')}</span>}
      {action && <span class="badge badge-info badge-sm">{words.say(`web.household.action.${action}`)}</span>}
      {isNow && (
        <button type="button" class="btn btn-ghost btn-sm touch ml-auto" onClick={onEnd}>
          {words.say('web.household.end')}
        </button>
      )}
    </li>
  )
}

function Told({ household: { notices } }: { household: Household }) {
  const { words } = useApp()
  return (
    <Panel title={words.say('web.household.told')}>
      {notices.length === 0 && <p class="quiet text-sm">{words.say('web.household.told.none')}</p>}
      <ul class="grid gap-4">
        {notices.map(({ id, publishedAt, isUnconfirmed, openedAt, isReached, lines, tasks }) => (
          <li key={id} class="text-sm">
            <div class="flex flex-wrap items-center gap-2">
              <a class="link font-medium" href={`/notices/${id}`}>
                {id}
              </a>
              {publishedAt && <Moment at={publishedAt} class="quiet" />}
              <span class={`badge badge-sm ${isReached ? 'badge-success' : 'badge-warning'}`}>
                {words.say(isReached ? 'web.household.reached' : 'web.household.notreached')}
              </span>
              <span class="quiet">
                {openedAt === null
                  ? words.say('web.household.unopened')
                  : words.say('web.household.opened', { time: words.format.clock(openedAt) })}
              </span>
              {isUnconfirmed && <span class="quiet">{words.say('web.household.unconfirmed')}</span>}
            </div>
            <ul class="mt-1 grid gap-1">
              {lines.map((line, i) => (
                <li key={i} class="flex flex-wrap gap-x-2">
                  <span class="quiet">{words.say(`web.reach.part.${line.part}`)}</span>
                  <span>{words.sayCode('channel', line.channel)}</span>
                  <span>
                    {line.phone ?? '–'} ({words.say(`web.relation.${line.relation ?? 'gone'}`)})
                  </span>
                  <strong class={line.state === 'failed' ? 'text-error' : ''}>
                    {words.say(`web.reach.state.${line.state}`)}
                  </strong>
                  {line.settledAt && <Moment at={line.settledAt} class="quiet" />}
                  {line.reason && <code class="text-xs">{line.reason}</code>}
                </li>
              ))}
              {tasks.map((task) => (
                <li key={task.id} class="flex flex-wrap gap-x-2">
                  <span class="quiet">{words.say(`web.reach.part.${task.part}`)}</span>
                  <span>{words.say(`web.errands.kind.${task.kind}`)}</span>
                  <strong>{words.sayCode('errand', task.state)}</strong>
                  {task.by && <span class="quiet">{task.by}</span>}
                  {task.doneAt && <Moment at={task.doneAt} class="quiet" />}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** The day alone, with its year: somebody lives here since years. */
function dayOf(at: string, { format }: Words): string {
  return format.day(at).replace(/,?\s*\d\d:\d\d$/, '')
}
