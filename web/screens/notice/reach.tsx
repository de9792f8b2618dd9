import { useEffect, useState } from 'preact/hooks'
import type { Errand, HomeFate, Reach, ReachLine, WouldReach } from '../../api/household-types.ts'
import type { Notice } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Actions } from '../../parts/action.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Facts, Panel, Skeletons } from '../../parts/screen.tsx'
import { may } from '../../roles.ts'
import { useHouseholdWords } from '../households/sentences.ts'

const LOOK_EVERY_MS = 5_000
const FATES: readonly HomeFate[] = ['failed', 'no_contact', 'waiting', 'queued', 'accepted', 'delivered', 'door']
const TINTS: Readonly<Partial<Record<HomeFate, string>>> = {
  failed: 'badge-error',
  no_contact: 'badge-warning',
  delivered: 'badge-success',
  door: 'badge-success',
}

/** Whom a notice would reach while it is a draft, and whom it reached after that: each home, each message. */
export function ReachPanel({ notice: { id, state } }: { notice: Pick<Notice, 'id' | 'state'> }) {
  const { words, connection, session } = useApp()
  const isSaid = useHouseholdWords()
  const [reach, setReach] = useState<Reach | null>(null)
  const isDraft = state === 'draft'
  const path = `/notices/${encodeURIComponent(id)}/reach`
  const look = () => {
    connection.getIfThere<Reach>(path).then(setReach, () => {})
  }
  useEffect(() => {
    if (isDraft) return
    look()
    const timer = setInterval(look, LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [path, isDraft])
  const visitor = session.visitor.value
  if (!isSaid || visitor.is !== 'somebody') return <Skeletons count={1} height="h-24" />
  if (isDraft) return <Would id={id} />
  if (!reach) return <Skeletons count={1} height="h-24" />
  const mayApprove = reach.isOverCap && may(visitor.session.user.role, 'speak')
  return (
    <Panel title={words.say('web.reach.title')}>
      {reach.homes === 0 && reach.informed === 0 ? (
        <p class="quiet text-sm">{words.say('web.reach.none')}</p>
      ) : (
        <>
          <Facts
            facts={[
              [
                words.say('web.reach.reached'),
                <strong>{words.say('web.reach.reached.of', { reached: reach.reached, homes: reach.homes })}</strong>,
              ],
              [words.say('web.reach.opened'), words.say('web.reach.opened.homes', { homes: reach.opened.length })],
              [words.say('web.reach.informed'), reach.informed > 0 ? String(reach.informed) : null],
              [words.say('web.reach.cost'), words.say('web.reach.cost.yuan', { yuan: reach.costYuan.toFixed(2) })],
            ]}
          />
          <ul class="mt-2 flex flex-wrap gap-1">
            {FATES.filter((fate) => reach.counts[fate] > 0).map((fate) => (
              <li key={fate} class={`badge ${TINTS[fate] ?? ''}`}>
                {words.say(`web.reach.count.${fate}`)} {reach.counts[fate]}
              </li>
            ))}
          </ul>
          {may(visitor.session.user.role, 'visit') && <SheetsLink id={id} open={reach.tasks} />}
          {reach.heldUntil && (
            <p class="alert alert-info alert-soft mt-2">
              {words.say('web.reach.held', { time: words.format.clock(reach.heldUntil) })}
            </p>
          )}
          {reach.isOverCap && <p class="alert alert-warning alert-soft my-2">{words.say('web.reach.overcap')}</p>}
          {mayApprove && (
            <Actions
              actions={[{ path: `/notices/${id}/approve-cost`, label: 'web.reach.approve', icon: 'check', done: look }]}
            />
          )}
          {reach.corrections.map((correction) => (
            <p key={correction.at + correction.home} class="mt-2 text-sm">
              <Moment at={correction.at} class="quiet" />{' '}
              {words.say(correction.isReached ? 'web.reach.correction.more' : 'web.reach.correction', {
                home: correction.home,
                day: words.format.day(correction.since).replace(/,?\s*\d\d:\d\d$/, ''),
              })}{' '}
              <span class="quiet">{correction.by}</span>
            </p>
          ))}
          <Lines lines={reach.lines} />
        </>
      )}
    </Panel>
  )
}

function SheetsLink({ id, open }: { id: string; open: readonly Errand[] }) {
  const { words } = useApp()
  const sheets = open.filter(({ kind, state }) => kind === 'sheet' && state === 'open')
  if (sheets.length === 0) return null
  return (
    <a class="link touch mt-2 inline-flex items-center" href={`/errands/${encodeURIComponent(id)}`}>
      {words.say('web.reach.sheets', { n: sheets.length })}
    </a>
  )
}

function Lines({ lines }: { lines: readonly ReachLine[] }) {
  const { words } = useApp()
  if (lines.length === 0) return null
  return (
    <details class="mt-3">
      <summary class="link touch inline-flex items-center text-sm">
        {words.say('web.reach.lines')} ({lines.length})
      </summary>
      <ul class="mt-2 grid max-h-96 gap-1 overflow-y-auto text-sm" tabIndex={0}>
        {lines.map((line) => (
          <li key={line.id} class="flex flex-wrap gap-x-2">
            <strong class="w-20">{line.home}</strong>
            <span class="quiet">{words.say(`web.reach.part.${line.part}`)}</span>
            <span>{words.sayCode('channel', line.channel)}</span>
            <span class="quiet">{words.say(`web.relation.${line.relation ?? 'gone'}`)}</span>
            <span class={line.state === 'failed' ? 'text-error' : ''}>
              {words.say(`web.reach.state.${line.state}`)}
            </span>
            {line.reason && <code class="text-xs">{line.reason}</code>}
            <Moment at={line.settledAt ?? line.at} class="quiet ml-auto" />
          </li>
        ))}
      </ul>
    </details>
  )
}

function Would({ id }: { id: string }) {
  const { words, connection } = useApp()
  const [would, setWould] = useState<WouldReach | null>(null)
  useEffect(() => {
    connection.getIfThere<WouldReach>(`/notices/${encodeURIComponent(id)}/audience`).then(setWould, () => {})
  }, [id])
  if (!would) return null
  const { homes, messages, parts, costYuan, noContact, tagged, ownerOnly } = would
  return (
    <Panel title={words.say('web.reach.audience')}>
      <Facts
        facts={[
          [words.say('web.reach.homes'), String(homes)],
          [
            words.say('web.reach.cost'),
            `${words.say('web.reach.audience.messages', { messages, parts })} · ${words.say('web.reach.cost.yuan', { yuan: costYuan.toFixed(2) })}`,
          ],
          [words.say('web.reach.audience.nocontact'), noContact.join(', ')],
          [words.say('web.reach.audience.tagged'), tagged.map(({ home }) => home).join(', ')],
          [words.say('web.households.owneronly'), ownerOnly.join(', ')],
        ]}
      />
    </Panel>
  )
}
