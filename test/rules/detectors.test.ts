import t from 'tap'
import { compileCondition } from '#devices/expression.ts'
import { detectorFor } from '#rules/detectors/kinds.ts'
import type { Watch } from '#rules/plan.ts'
import { rule, S, story, values, type Word } from './story.ts'

const hi = (deadband = 0): Watch => ({ kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband })
const lo = (deadband = 0): Watch => ({ kind: 'limit', point: 'v', side: 'lo', limit: 10, deadband })

t.test('limits: sides, deadband, three values', async (t) => {
  const table: [name: string, watch: Watch, words: Word[], told: string][] = [
    ['high is true from the limit upwards', hi(), [9.9, 10, 10.1, 9.9], 'false@0 true@1 false@3'],
    ['low is the mirror image', lo(), [10.1, 10, 9.9, 10.1], 'false@0 true@1 false@3'],
    ['it stays until the value is below limit less deadband', hi(2), [9, 10, 9, 8, 7.9, 9], 'false@0 true@1 false@4'],
    ['… and above limit plus deadband', lo(2), [11, 10, 11, 12, 12.1, 11], 'false@0 true@1 false@4'],
    ['bad data neither raises nor clears', hi(), [9, 'bad', 12, 'bad', 9], 'false@0 true@2 false@4'],
    ['uncertain may raise', hi(), [9, '?12'], 'false@0 true@1'],
    ['uncertain never clears', hi(), [12, '?9', '?9', 9], 'true@0 false@3'],
  ]
  for (const [name, watch, words, told] of table)
    t.equal(story(detectorFor(rule(watch)), values(...words), 10), told, name)
})

t.test('delays: a condition must hold, and be gone, for so long', async (t) => {
  const delays = { onDelayMs: 5 * S, offDelayMs: 3 * S }
  const table: [name: string, steps: [number, Word][], told: string][] = [
    [
      'held long enough',
      [
        [0, 12],
        [4, 12],
        [6, 12],
      ],
      'true@5',
    ],
    [
      'interrupted, it starts anew',
      [
        [0, 12],
        [4, 9],
        [5, 12],
        [9, 12],
      ],
      'true@10',
    ],
    [
      'gone long enough',
      [
        [0, 12],
        [6, 9],
        [8, 9],
      ],
      'true@5 false@9',
    ],
    [
      'back before that',
      [
        [0, 12],
        [6, 9],
        [8, 12],
      ],
      'true@5',
    ],
    [
      'a short gap of bad data neither proves nor restarts it',
      [
        [0, 12],
        [3, 'bad'],
        [7, 12],
      ],
      'true@7',
    ],
    [
      'a gap of the validity begins it anew',
      [
        [0, 12],
        [3, 'bad'],
        [63, 12],
      ],
      'true@68',
    ],
  ]
  for (const [name, steps, told] of table)
    t.equal(
      story(
        detectorFor(rule(hi(), delays)),
        steps.map(([at, v]) => [at, { v }]),
        80,
      ),
      told,
      name,
    )
})

t.test('unknown after the validity, and the side of the hysteresis survives it', async (t) => {
  const detector = detectorFor(rule(hi(5)))
  t.equal(
    story(
      detector,
      [
        [0, { v: 12 }],
        [1, { v: 'bad' }],
        [90, { v: 7 }],
        [91, { v: 4 }],
      ],
      100,
    ),
    'true@0 unknown@61 true@90 false@91',
  )
})

t.test('silence of more than the validity begins a delay anew, too', async (t) => {
  const steps = [0, 30, 111, 170].map((second) => [second, { v: 12 }] as const)
  t.equal(story(detectorFor(rule(hi(), { onDelayMs: 100 * S })), steps, 300), 'true@211')
})

t.test('a delay does not end on what was heard longer ago than the validity', async (t) => {
  const detector = detectorFor(rule(hi(), { onDelayMs: 30 * S, validityMs: 10 * S }))
  t.equal(
    story(
      detector,
      [
        [0, { v: 12 }],
        [5, { v: 12 }],
      ],
      100,
    ),
    '',
  )
})

t.test('conditions in CEL, and when they are enabled', async (t) => {
  const compiled = compileCondition(
    'a && b',
    new Map([
      ['a', 'bool'],
      ['b', 'bool'],
    ]),
  )
  const enabled = compileCondition('on', new Map([['on', 'bool']]))
  if ('fault' in compiled || 'fault' in enabled) throw new Error('does not compile')
  const plain: Watch = { kind: 'when', condition: compiled.condition }
  const guarded: Watch = { ...plain, enabledWhen: enabled.condition }
  const table: [name: string, watch: Watch, steps: Record<string, Word>[], told: string][] = [
    ['false and unknown is false', plain, [{ a: false }], 'false@0'],
    ['true and unknown is unknown', plain, [{ a: true }], ''],
    ['both', plain, [{ a: true, b: true }, { b: false }], 'true@0 false@1'],
    ['a bad point is unknown again', plain, [{ a: true, b: true }, { b: 'bad' }], 'true@0'],
    [
      'disabled is false',
      guarded,
      [{ a: true, b: true, on: true }, { on: false }, { on: true }],
      'true@0 false@1 true@2',
    ],
    ['unknown whether enabled is unknown', guarded, [{ a: true, b: true }], ''],
  ]
  for (const [name, watch, steps, told] of table)
    t.equal(
      story(
        detectorFor(rule(watch)),
        steps.map((step, i) => [i, step]),
        10,
      ),
      told,
      name,
    )
})

t.test('loss of data is its own condition', async (t) => {
  const communication: Watch = { kind: 'data', family: 'communication' }
  const sensor: Watch = { kind: 'data', family: 'sensor' }
  t.equal(
    story(detectorFor(rule(communication)), values(1, 'gone', 1), 20),
    'false@0 true@1 false@2',
    'a unit that does not answer',
  )
  t.equal(
    story(detectorFor(rule(communication)), values(1), 200),
    'false@0 true@120',
    'nothing at all for twice the validity',
  )
  t.equal(story(detectorFor(rule(sensor)), values(1, 'bad', 1), 20), 'false@0 true@1 false@2', 'a value that cannot be')
  t.equal(
    story(detectorFor(rule(sensor)), values(1, 'gone'), 100),
    'false@0 unknown@61',
    'an unheard sensor says nothing',
  )
})

t.test('after a blind interval silence counts from now, once, and ends', async (t) => {
  const detector = detectorFor(rule({ kind: 'data', family: 'communication' }))
  story(detector, values(1), 5)
  detector.resume(1_000 * S)
  t.equal(detector.due(), 1_120 * S)
  t.equal(story(detector, [], 2_000), 'true@1120', 'and does not take turns with unknown for ever')
})
