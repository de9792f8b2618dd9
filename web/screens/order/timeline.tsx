import { useApp } from '../../app-context.ts'
import type { Order } from '../../api/types.ts'
import { Panel } from '../../parts/screen.tsx'
import { Times } from '../../parts/times.tsx'

/** All that happened to an order, in order. */
export function Timeline({ order }: { order: Order }) {
  const { words } = useApp()
  const { arrival, reopenings, callBacks, rating, ended } = order
  const arrived = arrival?.scan
    ? words.say('web.arrival.scan')
    : arrival?.approver
      ? words.say('web.arrival.word', { approver: arrival.approver, reason: arrival.reason ?? '' })
      : null
  return (
    <Panel title={words.say('web.order.timeline')}>
      <Times
        times={[
          [words.say('web.order.time.opened'), order.openedAt, null],
          [words.say('web.order.time.accepted'), order.acceptedAt, order.assignee],
          [words.say('web.time.departed'), order.departedAt, null],
          [words.say('web.order.time.arrived'), order.arrivedAt, null, arrived],
          [words.say('web.order.time.started'), order.startedAt, null],
          [words.say('web.order.time.finished'), order.finishedAt, order.finishedBy, order.finding],
          [words.say('web.time.reported'), order.reportedAt, null],
          [words.say('web.order.time.verified'), order.verifiedAt, null],
          ...reopenings.map(
            ({ at, by, reason }) =>
              [
                words.say('web.time.reopened', { reason: reason === 'not_solved' ? '' : (reason ?? '') }),
                at,
                by,
              ] as const,
          ),
          ...callBacks.map(({ at, by, reached, solved }) => {
            const how = !reached ? 'not_reached' : solved ? 'solved' : 'not_solved'
            return [words.say('web.time.called_back', { how: words.say(`web.callback.${how}`) }), at, by] as const
          }),
          [words.say('web.time.rated', { stars: rating?.stars ?? 0 }), rating?.at ?? null, rating?.by ?? null],
          [
            words.say('web.order.time.closed'),
            order.closedAt,
            order.closedBy === 'telemetry' ? null : order.closedBy,
            ended &&
              words.say('web.order.ended.by', { by: ended.by, approver: ended.approver ?? '–', reason: ended.reason }),
          ],
        ]}
      />
    </Panel>
  )
}
