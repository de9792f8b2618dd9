import type { ComponentChildren } from 'preact'
import { useApp, useWords } from '../../app-context.ts'
import type { Alarm, Device, Notice, Order } from '../../api/types.ts'
import { homesText, closingText, deliveredText, limitText } from '../../parts/sentences.ts'
import { LiveValue } from '../../parts/live-value.tsx'
import { Moment } from '../../parts/moment.tsx'
import { OrderBadge, PriorityBadge } from '../../parts/state-badge.tsx'
import { Icon } from '../../parts/icon.tsx'
import { type Step, type StepState, type Story, stepStates } from './story.ts'

export function ChainSteps({ story }: { story: Story }) {
  const words = useWords()
  const { order, alarm, notice, isOver } = story
  const states = stepStates(story)
  const told = notice === 'hidden' ? null : notice
  const hasNotice = told !== null && told.state !== 'withdrawn'
  return (
    <article
      class="panel min-h-[27rem] p-3 sm:p-4 md:min-h-[20rem] lg:min-h-[15.5rem]"
      data-story={order.id}
      data-over={isOver}
    >
      <div class="mb-3 flex items-start gap-2">
        <h3 class="min-w-0 flex-1 font-semibold">
          {words.of(alarm?.name ?? order.name)}
          <span class="quiet font-normal"> · {words.of(order.assetName)}</span>
        </h3>
        {alarm && !isOver && <PriorityBadge priority={alarm.priority} />}
        <span class={`badge ${isOver ? 'badge-success' : 'badge-warning'} badge-soft flex-none`}>
          {words.say(isOver ? 'web.chain.over' : 'web.chain.running')}
        </span>
      </div>
      <ol class="grid gap-3 md:grid-cols-2 lg:grid-cols-5">
        <ChainStep step="reading" state={states.reading} at={alarm?.occurredAt ?? null} href={`/assets/${order.asset}`}>
          {alarm && <ReadingStep alarm={alarm} />}
        </ChainStep>
        <ChainStep step="alarm" state={states.alarm} at={alarm?.raisedAt ?? null} href={alarm && `/alarms/${alarm.id}`}>
          {alarm && <AlarmStep alarm={alarm} more={order.alarmIds.length - 1} />}
        </ChainStep>
        <ChainStep step="order" state={states.order} at={order.openedAt} href={`/orders/${order.id}`}>
          <OrderStep order={order} />
        </ChainStep>
        <ChainStep
          step="notice"
          state={states.notice}
          at={hasNotice ? (told.publishedAt ?? told.draftedAt) : null}
          href={told && `/notices/${told.id}`}
        >
          {told === null ? (
            <p>{words.say(notice === 'hidden' ? 'web.chain.notice.hidden' : 'web.chain.notice.none')}</p>
          ) : (
            <NoticeStep notice={told} />
          )}
        </ChainStep>
        <ChainStep
          step={hasNotice ? 'clear' : 'closed'}
          state={states.end}
          at={hasNotice ? told.endedAt : order.closedAt}
          href={null}
        >
          <p>
            {hasNotice
              ? clearText(words, told)
              : order.state === 'closed'
                ? closingText(words, order)
                : words.say('web.chain.closed.waits')}
          </p>
          {hasNotice && told.state === 'all_clear' && <p>{deliveredText(words, told.reached.allClear)}</p>}
        </ChainStep>
      </ol>
    </article>
  )
}

const MARKS: Readonly<Record<StepState, string>> = {
  done: 'bg-success text-success-content',
  now: 'bg-warning text-warning-content',
  next: 'border border-base-content/40',
  none: 'border border-dashed border-base-content/40',
}

type ChainStepProps = Readonly<{
  step: Exclude<Step, 'end'> | 'clear' | 'closed'
  state: StepState
  at: string | null
  href: string | null
  children: ComponentChildren
}>

function ChainStep({ step, state, at, href, children }: ChainStepProps) {
  const words = useWords()
  const title = words.say(`web.step.${step}`)
  return (
    <li
      data-step={step}
      data-state={state}
      aria-current={state === 'now' ? 'step' : undefined}
      class={`min-w-0 text-sm ${state === 'next' || state === 'none' ? 'quiet' : ''}`}
    >
      <div class="mb-1 flex items-center gap-2">
        <span class={`grid size-5 flex-none place-items-center rounded-full ${MARKS[state]}`}>
          {state === 'done' && <Icon name="check" class="size-3.5" />}
          {state === 'now' && (
            <span aria-hidden="true" class="size-2 rounded-full bg-current motion-safe:animate-pulse" />
          )}
        </span>
        <h4 class="font-medium">
          {href !== null && state !== 'none' ? (
            <a class="link link-hover underline decoration-dotted underline-offset-3" href={href}>
              {title}
            </a>
          ) : (
            title
          )}
        </h4>
        {at !== null && <Moment at={at} class="quiet ml-auto text-xs lg:ml-0" />}
      </div>
      <div class="space-y-0.5 pl-7 break-words">{children}</div>
    </li>
  )
}

function ReadingStep({ alarm }: { alarm: Alarm }) {
  const { words, estate } = useApp()
  const { evidence } = alarm
  const { value, reason, unit = null } = evidence
  const device = estate.devices.value?.find(({ id }) => id === alarm.device)
  const limit = limitText(words, evidence)
  return (
    <>
      <p>{evidence.pointName ? words.of(evidence.pointName) : alarm.device}</p>
      {value !== undefined && value !== null && (
        <p>
          <strong class="text-base">{words.figure(value, unit)}</strong>
          {limit !== '' && <span class="quiet"> ({limit})</span>}
        </p>
      )}
      {reason !== undefined && <p class="text-error">{words.sayCode('reason', reason)}</p>}
      {device && evidence.point !== undefined && <NowValue device={device} point={evidence.point} />}
    </>
  )
}

function NowValue({ device, point: name }: { device: Device; point: string }) {
  const words = useWords()
  const point = device.points.find(({ point }) => point === name)
  if (!point) return null
  return (
    <p class="quiet">
      {words.say('web.chain.reading.now')} <LiveValue device={device} point={point} />
    </p>
  )
}

function AlarmStep({ alarm, more }: { alarm: Alarm; more: number }) {
  const words = useWords()
  return (
    <>
      <p class="font-medium">{words.of(alarm.name)}</p>
      <p>
        {alarm.acknowledgedBy
          ? words.say('web.alarm.acknowledged_by', { by: alarm.acknowledgedBy })
          : words.say('web.alarm.waits')}
      </p>
      {alarm.clearedAt && <p>{words.say('web.alarm.cleared', { time: words.format.time(alarm.clearedAt) })}</p>}
      {more > 0 && <p class="quiet">{words.say('web.chain.alarm.more', { n: more })}</p>}
    </>
  )
}

function OrderStep({ order }: { order: Order }) {
  const words = useWords()
  const isWaiting = order.state === 'new' || order.state === 'dispatched'
  return (
    <>
      <p class="flex flex-wrap items-center gap-2">
        {order.assignee && <strong>{order.assignee}</strong>}
        <OrderBadge state={order.state} />
      </p>
      <p>{order.state === 'closed' ? closingText(words, order) : words.say(`web.order.says.${order.state}`)}</p>
      {order.finding && <p>“{order.finding}”</p>}
      {order.why && isWaiting && <p class="quiet text-xs">{words.of(order.why.text)}</p>}
    </>
  )
}

function NoticeStep({ notice }: { notice: Notice }) {
  const words = useWords()
  if (notice.publishedAt === null || notice.publishedBy === null)
    return (
      <>
        <p class="font-medium">{homesText(words, notice.homes)}</p>
        <p>{words.say(`web.notice.says.${notice.state === 'withdrawn' ? 'withdrawn' : 'draft'}`)}</p>
      </>
    )
  return (
    <>
      <p class="font-medium">{homesText(words, notice.homes)}</p>
      <p>
        {notice.publishedBy === 'caretaker'
          ? words.say('web.notice.published_itself')
          : words.say('web.notice.published_by', { by: notice.publishedBy })}
      </p>
      <p>{deliveredText(words, notice.reached.told)}</p>
    </>
  )
}

function clearText(words: ReturnType<typeof useWords>, notice: Notice): string {
  if (notice.state === 'all_clear') return words.say('web.clear.given')
  return words.say(notice.state === 'monitoring' ? 'web.clear.holding' : 'web.clear.waits')
}
