import { useRoute } from 'preact-iso'
import { useState } from 'preact/hooks'
import type { SupervisionCase } from '../../api/supervision-types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Facts, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { may } from '../../roles.ts'
import { useLookedAt } from '../alarms/looked-at.ts'
import { usePerson, useRole } from '../alarms/person.tsx'
import { StaleNote } from '../alarms/stale-note.tsx'
import { CaseBadge } from './case-badge.tsx'
import { WithSentences } from './with-sentences.tsx'

const EVERY_MS = 30_000

/** One case: what happened, what is said of it, and the verdict. */
export function CaseScreen() {
  return <WithSentences>{() => <Case />}</WithSentences>
}

function Case() {
  const { words } = useApp()
  const { params } = useRoute()
  const role = useRole()
  const { found, at, refused, look } = useLookedAt<SupervisionCase>(`/cases/${params.id ?? ''}`, EVERY_MS)
  const under = { href: '/cases', name: words.say('web.orders.tab.cases') }
  const isToExplain = found?.state === 'open' && role !== null && may(role, 'explain')
  const isToJudge = (found?.state === 'explained' || found?.state === 'deducted') && role !== null && may(role, 'judge')
  return (
    <Screen
      title={found ? words.of(found.name) : words.say('web.case')}
      {...(found ? { hint: words.of(found.assetName) } : {})}
      under={under}
    >
      <StaleNote refused={refused} at={at} />
      {found === null && refused === null && <Skeletons count={2} height="h-48" />}
      {found && (
        <div class="grid items-start gap-3 lg:grid-cols-2">
          <Panel title={words.say('web.case')} aside={<CaseBadge state={found.state} />}>
            <CaseFacts found={found} />
          </Panel>
          <div class="grid min-w-0 gap-3">
            {found.explanation && <Said title={words.say('web.case.explanation')} {...found.explanation} />}
            {found.verdict && (
              <Said
                title={words.say('web.case.verdict')}
                {...found.verdict}
                head={words.say(`web.case.verdict.${found.verdict.verdict}`, { points: found.points })}
              />
            )}
            {isToExplain && <Explain id={found.id} done={look} />}
            {isToJudge && <Judge id={found.id} done={look} />}
          </div>
        </div>
      )}
    </Screen>
  )
}

function CaseFacts({ found }: { found: SupervisionCase }) {
  const { words } = useApp()
  return (
    <Facts
      facts={[
        [words.say('web.case.number'), found.id],
        [
          words.say('web.case.order'),
          <a class="link" href={`/orders/${found.orderId}`}>
            {found.orderId}
          </a>,
        ],
        [words.say('web.order.class'), found.class],
        [words.say('web.case.clock'), words.say(`web.order.clock.${found.clock}`)],
        [words.say('web.order.who'), found.assignee ?? words.say('web.order.nobody')],
        [words.say('web.case.told'), found.to.join(', ')],
        [words.say('web.case.opened'), words.format.moment(found.openedAt)],
        [
          words.say('web.case.due_by'),
          found.dueAt === null ? words.say('web.case.not_due') : words.format.moment(found.dueAt),
        ],
        [words.say('web.case.deducted'), found.deductedAt && words.format.moment(found.deductedAt)],
        [words.say('web.score.points'), found.points > 0 ? String(found.points) : null],
      ]}
    />
  )
}

type SaidProps = Readonly<{ title: string; head?: string; at: string; by: string; text: string }>

function Said({ title, head, at, by, text }: SaidProps) {
  return (
    <Panel title={title}>
      {head !== undefined && <p class="font-medium">{head}</p>}
      <p class="break-words whitespace-pre-line">{text}</p>
      <p class="quiet mt-1 text-sm">
        {by} · <Moment at={at} />
      </p>
    </Panel>
  )
}

function Explain({ id, done }: { id: string; done: () => void }) {
  const { words } = useApp()
  const { by, field } = usePerson()
  const [text, setText] = useState('')
  const sending = useSending()
  const submit = async (event: Event) => {
    event.preventDefault()
    if (await sending.send(`/cases/${id}/explain`, { by, text: text.trim() })) done()
  }
  return (
    <Panel title={words.say('web.case.explain')}>
      <form class="grid gap-3" onSubmit={(event) => void submit(event)}>
        <p class="quiet text-sm">{words.say('web.case.explain.means')}</p>
        {field}
        <Text value={text} onInput={setText} label={words.say('web.case.explanation')} />
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          <Icon name="check" />
          {words.say('web.case.explain')}
        </button>
      </form>
    </Panel>
  )
}

function Judge({ id, done }: { id: string; done: () => void }) {
  const { words } = useApp()
  const { by, field } = usePerson()
  const [verdict, setVerdict] = useState<'excused' | 'deducted'>('excused')
  const [points, setPoints] = useState(5)
  const [text, setText] = useState('')
  const sending = useSending()
  const submit = async (event: Event) => {
    event.preventDefault()
    const taken = verdict === 'excused' ? 0 : points
    if (await sending.send(`/cases/${id}/judge`, { by, verdict, points: taken, text: text.trim() })) done()
  }
  return (
    <Panel title={words.say('web.case.judge')}>
      <form class="grid gap-3" onSubmit={(event) => void submit(event)}>
        {field}
        <fieldset class="grid gap-1">
          <legend class="text-sm font-medium">{words.say('web.case.verdict')}</legend>
          {(['excused', 'deducted'] as const).map((each) => (
            <label key={each} class="touch flex items-center gap-2">
              <input
                type="radio"
                class="radio"
                name="verdict"
                checked={verdict === each}
                onChange={() => setVerdict(each)}
              />
              {words.say(`web.case.choice.${each}`)}
            </label>
          ))}
        </fieldset>
        {verdict === 'deducted' && (
          <label class="grid gap-1">
            <span class="text-sm font-medium">{words.say('web.score.points')}</span>
            <input
              type="number"
              class="input touch w-28"
              min={1}
              max={100}
              required
              value={points}
              onInput={(event) => setPoints(event.currentTarget.valueAsNumber)}
            />
          </label>
        )}
        <Text value={text} onInput={setText} label={words.say('web.case.grounds')} />
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          <Icon name="flag" />
          {words.say('web.case.judge')}
        </button>
      </form>
    </Panel>
  )
}

function Text({ label, value, onInput }: { label: string; value: string; onInput: (text: string) => void }) {
  return (
    <label class="grid gap-1">
      <span class="text-sm font-medium">{label}</span>
      <textarea
        class="textarea w-full"
        rows={4}
        maxLength={2_000}
        required
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  )
}
