import { useRoute } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import type { Alarm } from '../../api/types.ts'
import { Actions } from '../../parts/action.tsx'
import { useItem } from '../../parts/item.ts'
import { Empty, Facts, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { limitText } from '../../parts/sentences.ts'
import { AlarmBadge, PriorityBadge } from '../../parts/state-badge.tsx'
import { Times } from '../../parts/times.tsx'
import { may } from '../../roles.ts'
import type { Words } from '../../words/words.ts'
import { alarmActions } from '../alarms/alarm-actions.ts'

/** One alarm: what was measured, what it means, what to do. */
export function AlarmScreen() {
  const { words, estate } = useApp()
  const { params } = useRoute()
  const alarm = useItem<Alarm>(estate.alarms, '/alarms', params.id ?? '')
  const under = { href: '/alarms', name: words.say('web.screen.alarms') }
  return (
    <Screen title={alarm ? words.of(alarm.name) : words.say('web.screen.alarms')} under={under}>
      {alarm === undefined && <Skeletons count={2} height="h-48" />}
      {alarm === null && <Empty icon="bell">{words.say('web.gone')}</Empty>}
      {alarm && <AlarmDetails alarm={alarm} />}
    </Screen>
  )
}

/** For whom it was done, and who did it where that was somebody else. */
function acknowledgedBy(words: Words, { acknowledgedBy: by, acknowledgedByActor: actor }: Alarm): string | null {
  if (!actor || actor === by) return by
  return words.say('web.alarm.by_actor', { by: by ?? '–', actor })
}

function AlarmDetails({ alarm }: { alarm: Alarm }) {
  const { words, session } = useApp()
  const visitor = session.visitor.value
  if (visitor.is !== 'somebody') return null
  const { role } = visitor.session.user
  const { value, unit = null, reason, pointName } = alarm.evidence
  const measured = value !== undefined && value !== null ? words.figure(value, unit) : ''
  const asset = words.of(alarm.assetName)
  return (
    <>
      <div class="mb-4 flex flex-wrap items-center gap-2">
        <PriorityBadge priority={alarm.priority} />
        <AlarmBadge alarm={alarm} />
        <span class="quiet text-sm">{alarm.id}</span>
      </div>
      <div class="mb-4">
        <Actions actions={alarmActions(alarm, role)} />
      </div>
      <div class="grid items-start gap-3 lg:grid-cols-2">
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
                words.say('web.step.order'),
                alarm.orderId && may(role, 'readOrders') ? (
                  <a class="link" href={`/orders/${alarm.orderId}`}>
                    {alarm.orderId}
                  </a>
                ) : (
                  alarm.orderId
                ),
              ],
              [words.say('web.trace'), <code class="text-xs break-all">{alarm.trace}</code>],
            ]}
          />
        </Panel>
        <Panel title={words.say('web.times')}>
          <Times
            times={[
              [words.say('web.alarm.time.occurred'), alarm.occurredAt, null],
              [words.say('web.alarm.time.raised'), alarm.raisedAt, null],
              [
                words.say('web.alarm.time.acknowledged'),
                alarm.acknowledgedAt,
                acknowledgedBy(words, alarm),
                alarm.acknowledgeComment ?? null,
              ],
              [words.say('web.alarm.time.cleared'), alarm.clearedAt, null],
              [words.say('web.alarm.time.closed'), alarm.closedAt, null],
            ]}
          />
        </Panel>
      </div>
    </>
  )
}
