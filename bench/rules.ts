import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileCondition, type Condition, type VariableType } from '#devices/expression.ts'
import { readProfile } from '#devices/profile.ts'
import type { Batch, Value } from '#devices/reading.ts'
import { rulesOf } from '#gateway/site/rules.ts'
import { coreOf } from '#rules/core.ts'
import type { Asset } from '#rules/plan.ts'
import type { Figure } from './figure.ts'

/** As many as one device has, or a hundred: alone in its loop, code made of text becomes part of that loop. */
const RULES = 50
const limitOf = (nth: number) => 0.3 + nth / 1_000
const textOf = (nth: number) => `outlet < ${limitOf(nth)} && (pump1 || pump2) && inlet > 0.1 && mode == "auto"`
const TYPES = new Map<string, VariableType>([
  ['outlet', 'double'],
  ['inlet', 'double'],
  ['pump1', 'bool'],
  ['pump2', 'bool'],
  ['mode', 'string'],
])
type Sample = Readonly<{ outlet: number; inlet: number; pump1: boolean; pump2: boolean; mode: string }>
const SAMPLES: readonly Sample[] = Array.from({ length: 1_000 }, (_, i) => ({
  outlet: (i % 10) / 10,
  inlet: (i % 3) / 10,
  pump1: i % 2 === 0,
  pump2: i % 5 === 0,
  mode: i % 7 === 0 ? 'manual' : 'auto',
}))

/** What a condition costs, against what others make of the same words; and what a whole estate of rules costs. */
export async function benchRules(): Promise<Figure[]> {
  const ours = conditionsPerSecond(RULES)
  const code = await codePerSecond(RULES)
  const engine = await engineHits()
  for (const { hits } of [code, ...(engine ? [engine] : [])])
    if (hits !== ours.hits) throw new Error('they do not agree')
  const [alone, codeAlone] = [conditionsPerSecond(1), await codePerSecond(1)]
  const inMillions = (perSecond: number) => (perSecond / 1e6).toFixed(perSecond < 1e6 ? 3 : 1)
  return [
    {
      name: `${RULES} conditions of five parts: evaluations`,
      value: ours.perSecond / 1e6,
      unit: 'M/s',
      goal: '≥ 0.25 ×',
      peer: `the same as code: ${inMillions(code.perSecond)} M/s`,
      ratio: ours.perSecond / code.perSecond,
    },
    {
      name: '… one alone',
      value: alone.perSecond / 1e6,
      unit: 'M/s',
      peer: `the same as code: ${inMillions(codeAlone.perSecond)} M/s`,
      ratio: alone.perSecond / codeAlone.perSecond,
    },
    {
      name: '… and against a rules engine',
      value: ours.perSecond / 1e6,
      unit: 'M/s',
      goal: '≥ 50 ×',
      ...(engine
        ? {
            peer: `json-rules-engine 7.3.1: ${inMillions(engine.perSecond)} M/s`,
            ratio: ours.perSecond / engine.perSecond,
          }
        : { peer: 'json-rules-engine cannot be installed here' }),
    },
    estateShare(),
  ]
}

type Measured = Readonly<{ perSecond: number; hits: number }>

/** The best of some rounds, each over all samples as often as said; hits are those of one pass. */
function measured(rules: number, pass: () => number): Measured {
  const passes = 500 / rules
  let best = Infinity
  let hits = 0
  for (let round = 0; round < 9; round++) {
    const before = performance.now()
    for (let i = 0; i < passes; i++) hits = pass()
    best = Math.min(best, performance.now() - before)
  }
  return { perSecond: (passes * rules * SAMPLES.length * 1_000) / best, hits }
}

function conditionsPerSecond(rules: number): Measured {
  const conditions = Array.from({ length: rules }, (_, nth): Condition => {
    const compiled = compileCondition(textOf(nth), TYPES)
    if ('fault' in compiled) throw new Error(compiled.fault.code)
    return compiled.condition
  })
  // Where a detector keeps the newest values of what it reads.
  const { inputs } = conditions[0]!
  const slots = SAMPLES.map((sample) => inputs.map(({ point }): Value => sample[point as keyof Sample]))
  return measured(rules, () => {
    let hits = 0
    for (const values of slots) for (const condition of conditions) if (condition.judge(values) === true) hits++
    return hits
  })
}

/** As fast as code made of text: it is code, in a module that is written for the occasion. */
async function codePerSecond(rules: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-peer-'))
  try {
    const bodies = Array.from(
      { length: rules },
      (_, nth) => `(s) => s.outlet < ${limitOf(nth)} && (s.pump1 || s.pump2) && s.inlet > 0.1 && s.mode === 'auto'`,
    )
    writeFileSync(join(folder, 'rules.mjs'), `export default [\n${bodies.join(',\n')}\n]`)
    const { default: judges } = (await import(join(folder, 'rules.mjs'))) as { default: ((s: Sample) => boolean)[] }
    return measured(rules, () => {
      let hits = 0
      for (const sample of SAMPLES) for (const judge of judges) if (judge(sample)) hits++
      return hits
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Engine = Readonly<{ run(facts: object): Promise<{ events: readonly unknown[] }> }>
type EngineModule = Readonly<{ Engine: new (rules: readonly object[]) => Engine }>

/** The peer lives in a folder of its own while it is measured: it is no dependency of ours. */
async function engineHits(): Promise<Measured | null> {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-peer-'))
  try {
    const words = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder]
    if (spawnSync('npm', [...words, 'json-rules-engine@7.3.1'], { timeout: 120_000 }).status !== 0) return null
    const { Engine } = createRequire(join(folder, 'index.js'))('json-rules-engine') as EngineModule
    const is = (fact: string, operator: string, value: Value) => ({ fact, operator, value })
    const conditionsOf = (nth: number) => ({
      all: [
        is('outlet', 'lessThan', limitOf(nth)),
        { any: [is('pump1', 'equal', true), is('pump2', 'equal', true)] },
        is('inlet', 'greaterThan', 0.1),
        is('mode', 'equal', 'auto'),
      ],
    })
    const rules = Array.from({ length: RULES }, (_, nth) => ({
      conditions: conditionsOf(nth),
      event: { type: `${nth}` },
    }))
    const engine = new Engine(rules)
    let best = Infinity
    let hits = 0
    for (let round = 0; round < 3; round++) {
      hits = 0
      const before = performance.now()
      for (const sample of SAMPLES) hits += (await engine.run(sample)).events.length
      best = Math.min(best, performance.now() - before)
    }
    return { perSecond: (RULES * SAMPLES.length * 1_000) / best, hits }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const DEVICES = 500
const POINTS = 20
const SECONDS = 60

const ESTATE = `profile: own
name: Own
kind: thing
mqtt: { topic: 'thing/{id}' }
offline_after: 60s
communication: { class: P8a, priority: low, skill: electric }
points:
${Array.from({ length: POINTS }, (_, i) => `  p${i}: { type: ${i < 16 ? 'number' : 'bool'}, mqtt: { path: p${i} } }`).join('\n')}
examples:
  - { mqtt: { payload: { p0: 1 } }, expect: { p0: 1 } }
alarms:
  - { id: a, name: A, point: p0, limits: { hi: 90 }, deadband: 2, priority: low, class: P3, skill: water }
  - { id: b, name: B, when: 'avg(p1, "10m") > 90.0 && (p16 || p17) && p2 < 80.0', priority: low, class: P3, skill: water }
  - { id: c, name: C, point: p3, moving_normal: {}, priority: low, class: P3, skill: water }
  - { id: d, name: D, point: p4, rate: { over: 5m, rise: 60 }, enabled_when: p18, priority: low, class: P3, skill: water }
`

/** 10,000 points once a second under 3,000 rules, two of six the watches over data that each device has. */
function estateShare(): Figure {
  const { profile, faults } = readProfile(ESTATE, 'bench.yaml')
  if (!profile) throw new Error(JSON.stringify(faults))
  const ids = Array.from({ length: DEVICES }, (_, i) => `D${i}`)
  const rules = ids.flatMap((id) => rulesOf({ id, profile, asset: id }, [], 'UTC'))
  const assets = new Map(
    ids.map((id): [string, Asset] => [id, { id, name: id, kind: 'thing', room: id, region: 'site', homes: [] }]),
  )
  const ms = 600_000
  const flow = coreOf({
    site: 'bench',
    timeZone: 'UTC',
    rules,
    assets,
    staff: [],
    fallback: 'manager',
    channels: [],
    settings: {
      incidentWindowMs: ms,
      publishAfterMs: ms,
      publishConfirmedAfterMs: ms,
      allClearHoldMs: ms,
      acceptWithinMs: 1e12,
    },
  })
  let batchId = 0
  const second = (at: number): number => {
    const batches = ids.map((device, d): Batch => ({
      source: 'bench',
      receivedAt: at,
      readings: Array.from({ length: POINTS }, (_, p) => ({
        device,
        point: `p${p}`,
        value: p < 16 ? 50 + ((at / 1_000 + d * 7 + p) % 13) : (at / 1_000 + d) % 3 === 0,
        quality: 'good',
        at,
      })),
    }))
    const before = performance.now()
    for (const batch of batches) flow.judge(batch, ++batchId)
    return performance.now() - before
  }
  for (let i = 0; i < SECONDS; i++) second(i * 1_000)
  let took = 0
  for (let i = SECONDS; i < 2 * SECONDS; i++) took += second(i * 1_000)
  return {
    name: `${DEVICES * POINTS} points at 1 Hz under ${rules.length} rules`,
    value: (took / SECONDS / 1_000) * 100,
    unit: '% of a core',
    goal: '≤ 25 %',
  }
}
