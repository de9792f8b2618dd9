import { useComputed } from '@preact/signals'
import { useState } from 'preact/hooks'
import type { RescueTask } from '../../api/order-types.ts'
import type { Order } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { type Action, ActionDialog, Refused, useSending } from '../../parts/action.tsx'
import { Panel } from '../../parts/screen.tsx'

type Deed = Readonly<{ label: string; path: string; body: object; action: Action }>

type TasksProps = Readonly<{ order: Order; own: string | null; mayAct: boolean; isBound: boolean }>

/**
 * The tasks of an order, each with its clock and its buttons; what the chain has asked, and who dials next. Whoever
 * is bound to what is his acts there alone, and in his own name.
 */
export function Tasks({ order: { tasks }, own, mayAct, isBound }: TasksProps) {
  const { words } = useApp()
  if (tasks.length === 0) return null
  return (
    <Panel title={words.say('web.order.tasks')}>
      <ul class="grid gap-3">
        {tasks.map((task) => (
          <TaskLine
            key={task.id}
            task={task}
            own={own}
            isBound={isBound}
            mayAct={mayAct && task.state !== 'ended' && (!isBound || task.to === own)}
          />
        ))}
      </ul>
    </Panel>
  )
}

type TaskProps = Readonly<{ task: RescueTask; own: string | null; isBound: boolean }>

function TaskLine({ task, own, isBound, mayAct }: TaskProps & Readonly<{ mayAct: boolean }>) {
  const { words } = useApp()
  const { kind, state, to, calls, contacts, confirmed } = task
  return (
    <li class="border-base-300 border-l-2 pl-3" data-task={kind} data-state={state}>
      <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
        <strong>{words.say(`web.task.${kind}`)}</strong>
        <span class={`badge badge-soft badge-sm ${state === 'ended' ? 'badge-ghost' : 'badge-info'}`}>
          {words.say(`web.task.state.${state}`)}
        </span>
        <span>{to}</span>
        {state !== 'ended' && <Left task={task} />}
        {kind === 'comfort' && (
          <span class={`badge badge-sm ${confirmed ? 'badge-error' : 'badge-warning'} badge-soft`}>
            {confirmed
              ? words.say('web.task.confirmed', { time: words.format.time(confirmed.at) })
              : words.say('web.task.suspected')}
          </span>
        )}
      </span>
      {contacts.length > 0 && (
        <p class="quiet text-sm">{words.say('web.task.last', { time: words.format.time(contacts.at(-1)!.at) })}</p>
      )}
      {calls.length > 0 && (
        <ol class="mt-1 text-sm">
          {calls.map(({ step, number, at, dialledAt }) => (
            <li key={step}>
              {words.say('web.task.called', {
                step: [words.say(`web.task.step.${step}`), number === step ? null : number].filter(Boolean).join(' '),
                time: words.format.time(at),
              })}
              {dialledAt !== null && (
                <span class="quiet"> · {words.say('web.task.dialled', { time: words.format.time(dialledAt) })}</span>
              )}
            </li>
          ))}
        </ol>
      )}
      {mayAct && <Deeds task={task} own={own} isBound={isBound} />}
    </li>
  )
}

/** What runs out next; a chain shows when the next step is asked. */
function Left({ task: { acceptBy, dueAt, state, kind } }: { task: RescueTask }) {
  const { words, estate } = useApp()
  const isChain = acceptBy !== null
  const due = Date.parse(acceptBy ?? dueAt)
  const seconds = useComputed(() => Math.floor((due - estate.clock.now.value) / 5_000) * 5)
  if (state === 'arrived' && kind !== 'comfort') return null
  const isLate = seconds.value < 0
  const time = words.format.duration(Math.abs(seconds.value) * 1_000)
  const says = isLate ? 'web.task.late' : isChain ? 'web.task.next' : 'web.task.left'
  return <span class={isLate ? 'text-error font-medium' : ''}>{words.say(says, { time })}</span>
}

function Deeds({ task, own, isBound }: TaskProps) {
  const { words } = useApp()
  const sending = useSending()
  const [asked, setAsked] = useState<Action | null>(null)
  const deeds = deedsOf(task, (key, params) => words.say(key, params))
  const act = ({ path, body, action }: Deed) => {
    sending.clear()
    // Recorded for somebody else, or for the contractor: in whose name is asked.
    if (own === null || (task.kind === 'rescue' && !isBound)) setAsked(action)
    else void sending.send(path, { by: own, ...body })
  }
  return (
    <>
      <div class="mt-1 flex flex-wrap gap-2">
        {deeds.map((deed) => (
          <button
            key={deed.label}
            type="button"
            class="btn btn-sm touch"
            disabled={sending.isBusy}
            onClick={() => act(deed)}
          >
            {deed.label}
          </button>
        ))}
      </div>
      {asked === null && <Refused text={sending.refused} />}
      {asked && <ActionDialog action={asked} isForAnybody onClose={() => setAsked(null)} />}
    </>
  )
}

type Name = 'accept' | 'contact' | 'answered' | 'arrive' | 'out' | 'done' | 'confirm'
type Say = (key: `web.task.${Name}` | 'web.task.dial', params?: Record<string, string>) => string

function deedsOf({ id, kind, state, calls, confirmed }: RescueTask, say: Say): readonly Deed[] {
  const deed = (
    name: Name,
    body: object = {},
    step: Exclude<Name, 'answered'> = name === 'answered' ? 'contact' : name,
  ): Deed => ({
    label: say(`web.task.${name}`),
    path: `/tasks/${id}/${step}`,
    body,
    action: { path: `/tasks/${id}/${step}`, label: `web.task.${name}`, icon: 'check', body },
  })
  const accept = state === 'open' ? [deed('accept')] : []
  if (kind === 'comfort') return [deed('contact'), ...(confirmed ? [] : [deed('confirm', { via: 'camera' })])]
  if (kind === 'intercom') return [deed('answered')]
  // Each car has a button of its own.
  if (kind === 'call_cars') return accept
  if (kind === 'supply') return [...accept, deed('done')]
  const steps = [...accept, ...(state === 'arrived' ? [] : [deed('arrive')])]
  if (kind === 'on_site') return steps
  const call = calls.at(-1)
  const dial: Deed[] =
    call && call.dialledAt === null && call.step !== 'staff'
      ? [
          {
            label: say('web.task.dial', { number: call.number ?? call.to }),
            path: `/tasks/${id}/dial`,
            body: { step: call.step },
            action: {
              path: `/tasks/${id}/dial`,
              label: 'web.task.accept',
              icon: 'check',
              body: { step: call.step },
            },
          },
        ]
      : []
  return [...dial, ...steps, deed('out')]
}
