import t from 'tap'
import type { EventType } from '#rules/event.ts'
import { reachWalk } from './reach-walks.ts'

t.setTimeout(300_000)
const WALKS = 2_000
/** What must have happened often enough for the histories to prove anything. */
const HAPPENS: readonly EventType[] = [
  'notice.rejected',
  'notice.withdrawn',
  'notice.cancelled',
  'notice.completed',
  'notice.all_clear',
  'order.cancelled',
  'order.false_alarm',
  'alarm.shelved',
  'clock.stepped',
  'reach.released',
  'reach.cost_approved',
  'reach.tasks_withdrawn',
]

t.test(
  `told start, told end: ${WALKS} random histories with restarts, cancels, provider faults and shelves`,
  async (t) => {
    let [ended, told, rerouted] = [0, 0, 0]
    const seen = new Map<EventType, number>()
    for (let seed = 1; seed <= WALKS; seed++) {
      const walked = reachWalk(seed)
      if (walked.wrong) t.fail(`seed ${seed}: ${walked.wrong}`)
      ended += walked.ended
      told += walked.told
      for (const event of walked.events) {
        seen.set(event.type, (seen.get(event.type) ?? 0) + 1)
        if (event.type === 'message.settled' && event.next !== undefined) rerouted++
      }
    }
    t.ok(ended > WALKS, `${ended} notices ended`)
    t.ok(told > 3 * WALKS, `${told} messages`)
    t.ok(rerouted > WALKS / 10, `${rerouted} messages by another channel`)
    for (const type of HAPPENS) t.ok((seen.get(type) ?? 0) > WALKS / 50, `${seen.get(type) ?? 0} ${type}`)
  },
)
