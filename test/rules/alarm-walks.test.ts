import t from 'tap'
import fc from 'fast-check'
import { alarmStage } from '#rules/alarms/alarms.ts'
import { ALARM_TABLE, SILENCES } from '#rules/alarms/states.ts'
import type { CommandBody } from '#rules/command.ts'
import type { BodyOf } from '#rules/event.ts'
import { AlarmModel } from './alarm-model.ts'
import { alarmPlan, asset, told, rule } from './alarm-site.ts'

t.setTimeout(120_000)
const WALKS = 10_000

/** One rule to watch on a part of X, and one above it that explains it. */
const kinds = {
  plain: { latch: false, safety: false, class: 'P2', priority: 'medium' },
  latching: { latch: true, safety: false, class: 'P2', priority: 'medium' },
  safety: { latch: true, safety: true, class: 'P1', priority: 'critical' },
} as const
const plans = Object.fromEntries(
  Object.entries(kinds).map(([kind, changes]) => [
    kind,
    alarmPlan(
      [
        rule('D', { ...changes }),
        rule('UP', { class: 'P1', priority: 'high' }),
        { ...rule('D'), id: 'D/mode.inspection', mode: 'inspection' },
      ],
      [asset('D', { parent: 'UP' }), asset('UP')],
    ),
  ]),
)

const STEPS = [
  'true',
  'true',
  'false',
  'false',
  'acknowledge',
  'acknowledge',
  'reset',
  'reset',
  'shelve',
  'unshelve',
  'window',
  'namedWindow',
  'remove',
  'return',
  'inspect',
  'leaveInspection',
  'above',
  'aboveGone',
  'wait',
  'restart',
  'comment',
] as const
type Step = (typeof STEPS)[number]

function walk(kind: keyof typeof kinds, steps: readonly Step[]): { seen: Set<string>; wrong: string | null } {
  const plan = plans[kind]!
  const site = told(plan, alarmStage)
  const model = new AlarmModel(kinds[kind])
  const seen = new Set<string>()
  const ids = { alarm: '', shelf: '', service: '', window: '', namedWindow: '' }
  let [second, windows] = [0, 0]
  const does = (body: CommandBody) => site.does(second, body) === 'done'
  const condition = (of: string, is: boolean) =>
    site.says(second, {
      type: 'condition.became',
      rule: of,
      device: 'D',
      asset: of.split('/')[0]!,
      state: is ? 'true' : 'false',
      since: second * 1_000,
      evidence: { at: second * 1_000 },
    } satisfies BodyOf<'condition.became'>)
  const of = { by: 'PM', alarm: '' }
  for (const [i, step] of steps.entries()) {
    second += 1
    of.alarm = ids.alarm
    const isThere = model.state !== 'normal'
    const { over } = model
    switch (step) {
      case 'true':
      case 'false':
        condition('D/hi', step === 'true')
        model.condition(step === 'true')
        break
      case 'acknowledge':
      case 'reset': {
        const isDone = does({ type: `alarm.${step}`, ...of })
        if (isDone !== model[step]()) return { seen, wrong: `${i} ${step}: ${isDone}` }
        break
      }
      case 'comment':
        if (does({ type: 'alarm.comment', ...of, comment: 'x' }) !== isThere) return { seen, wrong: `${i} comment` }
        break
      case 'shelve': {
        const more = { reason: 'x', forMs: 1_800_000, oneShot: false, second: 'T1' }
        const isDone = does({ type: 'alarm.shelve', ...of, ...more })
        const mayBe = isThere && !over.shelf && (kind !== 'safety' || over.service)
        if (isDone !== mayBe) return { seen, wrong: `${i} shelve: ${isDone}` }
        if (isDone) model.cover('shelf', true)
        break
      }
      case 'unshelve':
        if (does({ type: 'alarm.unshelve', shelf: ids.shelf, by: 'PM' }) !== over.shelf)
          return { seen, wrong: `${i} unshelve` }
        model.cover('shelf', false)
        break
      case 'window':
      case 'namedWindow': {
        if (over[step]) does({ type: 'maintenance.end', window: ids[step], by: 'PM' })
        else {
          const covers = step === 'window' ? { assets: ['UP'], rules: [] } : { assets: [], rules: ['D/hi'] }
          const [from, to] = [second * 1_000, (second + 1_000_000 + windows++) * 1_000]
          does({ type: 'maintenance.plan', ...covers, from, to, by: 'PM', reason: 'x' })
          site.passes(second)
        }
        // It names what stands above as well: while that one is silent, it explains nothing.
        model.cover(step, !over[step])
        break
      }
      case 'remove':
        if (does({ type: 'service.remove', asset: 'D', workOrder: 'W1', by: 'PM', reason: 'x' }) === over.service)
          return { seen, wrong: `${i} remove` }
        model.cover('service', true)
        break
      case 'return':
        if (does({ type: 'service.return', service: ids.service, by: 'PM' }) !== over.service)
          return { seen, wrong: `${i} return` }
        model.cover('service', false)
        // A safety alarm's shelf was agreed only for that time.
        if (kind === 'safety') model.cover('shelf', false)
        break
      case 'inspect':
      case 'leaveInspection':
        condition('D/mode.inspection', step === 'inspect')
        model.cover('inspection', step === 'inspect')
        break
      case 'above':
      case 'aboveGone':
        condition('UP/hi', step === 'above')
        model.cover('cause', step === 'above')
        break
      case 'wait':
        // Longer than the time to announce again, shorter than any shelf.
        second += 5 * 3_600
        site.passes(second)
        if (over.shelf) model.cover('shelf', false)
        model.reAlarm()
        break
      case 'restart':
        site.restarts()
    }
    ids.alarm = site.newest('alarm.raised', ({ rule }) => rule === 'D/hi')?.alarm ?? ''
    ids.shelf = site.newest('alarm.shelved')?.shelf ?? ''
    ids.service = site.newest('service.removed')?.service ?? ''
    ids.window = site.newest('maintenance.planned', ({ assets }) => assets.length > 0)?.window ?? ''
    ids.namedWindow = site.newest('maintenance.planned', ({ rules }) => rules.length > 0)?.window ?? ''
    const found = site.alarms().find(({ rule }) => rule === 'D/hi')
    const silent = found?.silence ? SILENCES[found.silence.by].state : null
    const shown = found ? (silent ?? found.state) : 'normal'
    seen.add(shown)
    const isSame =
      shown === model.shown &&
      (found?.state ?? 'normal') === model.state &&
      (found?.silence?.by ?? null) === model.silence &&
      (found?.isTold ?? false) === model.isTold
    if (!isSame) {
      const here = JSON.stringify({ state: found?.state, silence: found?.silence?.by, isTold: found?.isTold })
      const there = JSON.stringify({ state: model.state, silence: model.silence, isTold: model.isTold })
      return { seen, wrong: `${i} ${step}: ${here}, the table says ${there}` }
    }
  }
  return { seen, wrong: null }
}

t.test('the life-cycle is its table: ten thousand random walks through every state', async (t) => {
  const seen = new Set<string>()
  const property = fc.property(
    fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
    fc.array(fc.constantFrom(...STEPS), { minLength: 4, maxLength: 24 }),
    (kind, steps) => {
      const outcome = walk(kind, steps)
      for (const state of outcome.seen) seen.add(state)
      if (outcome.wrong !== null) throw new Error(`${kind}: ${steps.join(' ')}: ${outcome.wrong}`)
    },
  )
  fc.assert(property, { seed: 6, numRuns: WALKS })
  t.same([...seen].toSorted(), Object.keys(ALARM_TABLE).toSorted(), 'every state was reached')
})
