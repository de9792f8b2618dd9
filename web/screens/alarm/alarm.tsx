import { useRoute } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import type { Alarm } from '../../api/types.ts'
import { useItem } from '../../parts/item.ts'
import { Empty, Facts, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { TimeLeft } from '../../parts/order-clock.tsx'
import { limitText } from '../../parts/sentences.ts'
import { PriorityBadge } from '../../parts/state-badge.tsx'
import { may } from '../../roles.ts'
import { WithSentences } from '../alarms/alarm-pages.tsx'
import { Marks } from '../alarms/alarm-row.tsx'
import { useRole } from '../alarms/person.tsx'
import { ShownBadge } from '../alarms/shown-badge.tsx'
import { AlarmDeeds } from './alarm-deeds.tsx'
import { History } from './history.tsx'
import { IncidentPanel } from './incident.tsx'
import { ToldPanel } from './told.tsx'

/** One alarm: what was measured, what it means, what to do, who was told, and all that happened to it. */
export function AlarmScreen() {
  return <WithSentences>{() => <AlarmPage />}</WithSentences>
}

function AlarmPage() {
  const { words, estate } = useApp()
  const { params } = useRoute()
  const alarm = useItem<Alarm>(estate.alarms, '/alarms', params.id ?? '')
  const about = alarm ? { hint: words.of(alarm.assetName) } : {}
  const under = { href: '/alarms', name: words.say('web.screen.alarms') }
  return (
    <Screen title={alarm ? words.of(alarm.name) : words.say('web.screen.alarms')} {...about} under={under}>
      {alarm === undefined && <Skeletons count={2} height="h-48" />}
      {alarm === null && <Empty icon="bell">{words.say('web.gone')}</Empty>}
      {alarm && <AlarmDetails key={alarm.id} alarm={alarm} />}
    </Screen>
  )
}

function AlarmDetails({ alarm }: { alarm: Alarm }) {
  return (
    <>
      <div class="mb-4 flex flex-wrap items-center gap-2">
        <PriorityBadge priority={alarm.priority} />
        <ShownBadge alarm={alarm} />
        <Marks alarm={alarm} isBadActor={false} />
        <span class="quiet text-sm">{alarm.id}</span>
      </div>
      <AlarmDeeds alarm={alarm} />
      <div class="grid items-start gap-3 lg:grid-cols-2">
        <div class="grid min-w-0 gap-3">
          <What alarm={alarm} />
          <ToldPanel alarm={alarm} />
          <IncidentPanel alarm={alarm} />
        </div>
        <History alarm={alarm} />
      </div>
    </>
  )
}

function What({ alarm }: { alarm: Alarm }) {
  const { words, estate } = useApp()
  const role = useRole()
  if (role === null) return null
  const { value, unit = null, reason, pointName } = alarm.evidence
  const measured = value !== undefined && value !== null ? words.figure(value, unit) : ''
  const asset = words.of(alarm.assetName)
  const order = (estate.orders.value ?? []).find(({ id }) => id === alarm.orderId)
  const notices = (estate.notices.value ?? []).filter(({ alarmId, orderId }) =>
    alarm.orderId === null ? alarmId === alarm.id : orderId === alarm.orderId,
  )
  return (
    <Panel title={words.say('web.alarm.what')}>
      <Facts
        facts={[
          [
            words.say('web.alarm.where'),
            may(role, 'readPlant') ? (
              <a class="link" href={`/assets/${alarm.asset}`}>
                {asset}
              </a>
            ) : (
              asset
            ),
          ],
          [
            pointName ? words.of(pointName) : words.say('web.alarm.measured'),
            [measured, limitText(words, alarm.evidence), reason && words.sayCode('reason', reason)]
              .filter(Boolean)
              .join(', '),
          ],
          [words.say('web.alarm.cause'), words.of(alarm.cause)],
          [words.say('web.alarm.consequence'), words.of(alarm.consequence)],
          [words.say('web.alarm.response'), alarm.response && <strong>{words.of(alarm.response)}</strong>],
          [
            words.say('web.alarm.respond_within'),
            alarm.respondWithinMs === null ? null : words.format.duration(alarm.respondWithinMs),
          ],
          [
            words.say('web.step.order'),
            alarm.orderId && may(role, 'readOrders') ? (
              <a class="link" href={`/orders/${alarm.orderId}`}>
                {alarm.orderId}
              </a>
            ) : (
              alarm.orderId
            ),
          ],
          [words.say('web.alarm.left'), order && order.state !== 'closed' ? <TimeLeft order={order} /> : null],
          [
            words.say('web.alarm.notice'),
            notices.length === 0
              ? null
              : notices.map((notice) => (
                  <a key={notice.id} class="link mr-3" href={`/notices/${notice.id}`}>
                    {notice.id} · {words.say(`web.notice.state.${notice.state}`)}
                  </a>
                )),
          ],
          [words.say('web.trace'), <code class="text-xs break-all">{alarm.trace}</code>],
        ]}
      />
    </Panel>
  )
}
