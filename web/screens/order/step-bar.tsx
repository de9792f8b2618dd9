import { useState } from 'preact/hooks'
import type { Order, Role } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused, useSending } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { bodyOf, By, Fields, type Said } from './fields.tsx'
import { outboxOf } from './outbox.ts'
import { type Step, stepsOf } from './steps.ts'

/** The steps of an order: the next ones as buttons, the others folded. Without a connection they wait to be sent. */
export function Steps({ order, role }: { order: Order; role: Role }) {
  const { session, words } = useApp()
  const [asked, setAsked] = useState<Step | null>(null)
  const doing = useStep(order)
  const visitor = session.visitor.value
  const person = visitor.is === 'somebody' ? visitor.session.user.person : null
  const steps = stepsOf(order, role, person)
  if (steps.length === 0) return null
  const act = (step: Step) => {
    if (person === null || step.asks.length > 0 || step.means !== undefined) setAsked(step)
    else void doing.do(step, person, {})
  }
  const button = (step: Step, isFirst: boolean) => (
    <button
      key={step.name}
      type="button"
      data-step={step.name}
      class={`btn touch ${isFirst ? 'btn-primary' : ''}`}
      disabled={doing.isBusy}
      onClick={() => act(step)}
    >
      <Icon name={step.icon} />
      {words.say(step.label)}
    </button>
  )
  const plain = steps.filter(({ isAside }) => !isAside)
  const aside = steps.filter(({ isAside }) => isAside)
  return (
    <div>
      <div class="flex flex-wrap gap-2">{plain.map((step, i) => button(step, i === 0))}</div>
      {aside.length > 0 && (
        <details class="mt-2">
          <summary class="link quiet inline-flex min-h-11 cursor-pointer items-center text-sm lg:min-h-8">
            {words.say('web.order.more')}
          </summary>
          <div class="mt-1 flex flex-wrap gap-2">{aside.map((step) => button(step, false))}</div>
        </details>
      )}
      {asked === null && <Refused text={doing.refused} />}
      {asked && <StepDialog step={asked} order={order} own={person} onClose={() => setAsked(null)} />}
    </div>
  )
}

/** Sent at once; where nothing answers, it waits. */
function useStep(order: Order) {
  const { connection, estate } = useApp()
  const sending = useSending()
  return {
    ...sending,
    /** True when it is done, or will be. */
    async do({ name }: Step, by: string, body: object): Promise<boolean> {
      const outbox = outboxOf(connection)
      const deviceAt = new Date(Math.round(estate.clock.now.peek())).toISOString()
      // What was done before goes first.
      if (outbox.waiting.peek().some((entry) => entry.order === order.id && entry.refused === undefined)) {
        await outbox.add({ order: order.id, step: name, by, body: { ...body, deviceAt } })
        return true
      }
      const done = await sending.send(`/orders/${order.id}/${name}`, { by, ...body, deviceAt })
      if (done !== null) return true
      if (sending.wasAnswered()) return false
      await outbox.add({ order: order.id, step: name, by, body: { ...body, deviceAt }, ...sending.takeKey() })
      sending.clear()
      return true
    },
  }
}

type StepDialogProps = Readonly<{ step: Step; order: Order; own: string | null; onClose: () => void }>

function StepDialog({ step, order, own, onClose }: StepDialogProps) {
  const { words } = useApp()
  const [by, setBy] = useState(own ?? '')
  const [said, say] = useState<Said>(step.asks.includes('callBack') ? { reached: false } : {})
  const doing = useStep(order)
  const submit = async (event: Event) => {
    event.preventDefault()
    if (await doing.do(step, by, bodyOf(said))) onClose()
  }
  return (
    <Dialog title={words.say(step.label)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} class="grid gap-3">
        {step.means && <p class="quiet text-sm">{words.say(step.means)}</p>}
        <By own={own} by={by} choose={setBy} />
        <Fields asks={step.asks} order={order} said={said} say={say} />
        <Refused text={doing.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={doing.isBusy}>
          <Icon name={step.icon} />
          {words.say(step.label)}
        </button>
      </form>
    </Dialog>
  )
}
