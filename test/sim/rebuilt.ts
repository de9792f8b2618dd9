import assert from 'node:assert/strict'
import { rebuild } from '#gateway/replay.ts'
import { coreOf } from '#rules/core.ts'
import type { Flow } from '#rules/flow.ts'
import { Violation } from './invariants.ts'
import type { World } from './world.ts'

/** With nothing under way, a core built from the files knows what the living one knows. */
export async function liveEqualsRebuilt(world: World): Promise<void> {
  const live = world.life?.flow
  if (!live) return
  const { flow } = await rebuild(world.life!.disk.asStore(), () => coreOf(world.options.plan), 'sim')
  flow.advance(live.at)
  try {
    assert.deepEqual(knowledgeOf(flow), knowledgeOf(live))
  } catch (error) {
    throw new Violation(`rebuilt from disk, the core knows other things: ${(error as Error).message}`)
  }
}

function knowledgeOf(flow: Flow): unknown {
  const { readings, memories } = flow.keyframe()
  const byPoint = Object.fromEntries(readings.map((reading) => [`${reading.device}/${reading.point}`, reading]))
  return JSON.parse(JSON.stringify({ ...flow.snapshot(), byPoint, memories }))
}
