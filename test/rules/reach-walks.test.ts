import t from 'tap'
import { reachWalk } from './reach-walks.ts'

t.setTimeout(300_000)
const WALKS = 4_000

t.test(`told start, told end: ${WALKS} random histories with restarts, nights, failures and shelves`, async (t) => {
  let [ended, told] = [0, 0]
  for (let seed = 1; seed <= WALKS; seed++) {
    const walked = reachWalk(seed)
    if (walked.wrong) t.fail(`seed ${seed}: ${walked.wrong}`)
    ended += walked.ended
    told += walked.told
  }
  t.ok(ended > WALKS, `${ended} outages ended`)
  t.ok(told > 3 * WALKS, `${told} messages`)
})
