import { useRoute } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import type { Alarm, Notice, Order } from '../../api/types.ts'
import { useItem } from '../../parts/item.ts'
import { Empty, Facts, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { closingText, homesText } from '../../parts/sentences.ts'
import { NoticeBadge, OrderBadge, PriorityBadge } from '../../parts/state-badge.tsx'
import { may } from '../../roles.ts'
import { PagesLedger } from '../orders/pages-ledger.tsx'
import { Checklist } from './checklist.tsx'
import { LastAlarms } from './last-alarms.tsx'
import { OrderClocks } from './order-clocks.tsx'
import { OrderLines } from './order-lines.tsx'
import { outboxOf } from './outbox.ts'
import { Photos } from './photos.tsx'
import { Reports } from './reports.tsx'
import { useOrderSentences } from './sentences.ts'
import { Steps } from './step-bar.tsx'
import { afterWaiting, mayWorkAt } from './steps.ts'
import { Tasks } from './tasks.tsx'
import { Timeline } from './timeline.tsx'
import { Waiting } from './waiting.tsx'

/** One order: what, where, why, what to do, and the next step under the thumb. */
export function OrderScreen() {
  const { words, estate, connection } = useApp()
  const { params } = useRoute()
  const isSaid = useOrderSentences()
  const order = useItem<Order>(estate.orders, '/orders', params.id ?? '')
  const under = { href: '/orders', name: words.say('web.screen.orders') }
  return (
    <Screen
      title={order ? words.of(order.name) : words.say('web.screen.orders')}
      {...(order ? { hint: words.of(order.assetName) } : {})}
      under={under}
    >
      {order === undefined && <Skeletons count={2} height="h-48" />}
      {order === null && <Empty icon="clipboard-list">{words.say('web.gone')}</Empty>}
      {order && isSaid && <OrderDetails order={afterWaiting(order, outboxOf(connection).waiting.value)} />}
    </Screen>
  )
}

function OrderDetails({ order }: { order: Order }) {
  const { words, estate, session } = useApp()
  const visitor = session.visitor.value
  if (visitor.is !== 'somebody') return null
  const { role, person } = visitor.session.user
  const worker = mayWorkAt(order, role, person) ? person : null
  const alarms = (estate.alarms.value ?? []).filter(({ id }) => order.alarmIds.includes(id))
  const response =
    alarms.find(({ id }) => id === order.alarmId)?.response ?? alarms.find((alarm) => alarm.response)?.response
  const asset = words.of(order.assetName)
  const notice = (estate.notices.value ?? []).find(({ orderId }) => orderId === order.id)
  const known = estate.site.value?.assets.find(({ id }) => id === order.asset)
  const [homes, isAsset] = [known?.homes ?? 0, order.home === null && order.place === null]
  return (
    <>
      <div class="mb-4 flex flex-wrap items-center gap-2">
        <OrderBadge state={order.state} />
        <span class="text-sm">
          {order.state === 'closed' ? closingText(words, order) : words.say(`web.order.says.${order.state}`)}
        </span>
        <span class="quiet text-sm">{order.id}</span>
      </div>
      {response && order.state !== 'closed' && (
        <p class="alert alert-info alert-soft mb-4 items-start">
          <strong>{words.say('web.alarm.response')}</strong>
          <span>{words.of(response)}</span>
        </p>
      )}
      <Waiting order={order.id} />
      <div class="mb-4">
        <Steps order={order} role={role} />
        <WaitsFor order={order} />
      </div>
      <div class="grid items-start gap-3 lg:grid-cols-2">
        <div class="grid gap-3">
          <Reports order={order} />
          <Panel title={words.say('web.order.what')}>
            <Facts
              facts={[
                [
                  words.say('web.alarm.where'),
                  order.home !== null && may(role, 'readHouseholds') ? (
                    <a class="link" href={`/households/${order.home}`}>
                      {asset}
                    </a>
                  ) : may(role, 'readPlant') && isAsset ? (
                    <a class="link" href={`/assets/${order.asset}`}>
                      {asset}
                    </a>
                  ) : (
                    asset
                  ),
                ],
                [words.say('web.order.serves'), homes > 0 ? homesText(words, homes) : null],
                [words.say('web.order.who'), order.assignee ?? words.say('web.order.nobody')],
                [words.say('web.order.why'), words.of(order.why?.text)],
                [words.say('web.intake.opened_by'), order.openedBy],
                [words.say('web.intake.owner'), order.source && order.owner !== order.assignee ? order.owner : null],
                [words.say('web.intake.against'), order.against],
                [words.say('web.intake.appointment'), order.appointment && words.format.moment(order.appointment.for)],
                [words.say('web.intake.due'), order.due && words.format.moment(order.due)],
                [words.say('web.order.skill'), words.sayCode('skill', order.skill)],
                [words.say('web.order.class'), order.class],
                [words.say('web.action.ask.finding'), order.finding],
                [words.say('web.order.minutes'), order.minutes && words.format.duration(order.minutes * 60_000)],
                [words.say('web.order.parts'), order.parts.map(({ name, count }) => `${count} × ${name}`).join(', ')],
                [words.say('web.step.notice'), notice && <NoticeLink notice={notice} />],
                [words.say('web.trace'), <code class="text-xs break-all">{order.trace}</code>],
              ]}
            />
          </Panel>
          <Checklist order={order} by={worker} />
          <Photos order={order} by={may(role, 'sendPhotos') ? person : null} />
          <Timeline order={order} />
        </div>
        <div class="grid gap-3">
          <Tasks order={order} own={person} mayAct={may(role, 'rescue')} isBound={!may(role, 'readOrders')} />
          <OrderLines order={order} own={person} mayAct={may(role, 'rescue') && may(role, 'readOrders')} />
          <OrderClocks order={order} />
          {may(role, 'readOrders') && <PagesLedger subject={order.id} />}
          {alarms.length > 0 && <Causes alarms={alarms} isLinked={may(role, 'readAlarms')} />}
          {may(role, 'readAlarms') && <LastAlarms order={order} />}
        </div>
      </div>
    </>
  )
}

/** What only time, or somebody else, can bring. */
function WaitsFor({ order: { waitsFor, falseAlarm } }: { order: Order }) {
  const { words } = useApp()
  const { callBackBy, objectionUntil } = waitsFor
  if (falseAlarm) {
    const { by, proof, reason } = falseAlarm
    const says = words.say('web.order.waits.approval', { by, proof: words.sayCode('proof', proof), reason })
    return <p class="mt-2 text-sm">{says}</p>
  }
  const at = callBackBy ?? objectionUntil
  if (at === null) return null
  const says = callBackBy === null ? 'web.order.waits.objection' : 'web.order.waits.callback'
  return <p class="mt-2 text-sm">{words.say(says, { time: words.format.moment(at) })}</p>
}

function Causes({ alarms, isLinked }: { alarms: readonly Alarm[]; isLinked: boolean }) {
  const { words } = useApp()
  return (
    <Panel title={words.say('web.order.causes')}>
      <ul class="grid gap-1">
        {alarms.map((alarm) => (
          <li key={alarm.id} class="flex min-h-11 flex-wrap items-center gap-2 lg:min-h-8">
            <PriorityBadge priority={alarm.priority} />
            {isLinked ? (
              <a class="link" href={`/alarms/${alarm.id}`}>
                {words.of(alarm.name)}
              </a>
            ) : (
              words.of(alarm.name)
            )}
            <span class="quiet text-sm">{words.say(`web.alarm.state.${alarm.state}`)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function NoticeLink({ notice }: { notice: Notice }) {
  return (
    <a class="link inline-flex flex-wrap items-center gap-x-2" href={`/notices/${notice.id}`}>
      {notice.id} <NoticeBadge state={notice.state} />
    </a>
  )
}
