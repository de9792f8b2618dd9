import type { Reading } from '#devices/reading.ts'
import type { Detector } from '#rules/detectors/detector.ts'
import type { Event } from '#rules/event.ts'
import type { Rule, Watch } from '#rules/plan.ts'

export const S = 1_000
export function rule(watch: Watch, delays: Partial<Rule> = {}): Rule {
  const id = `D/${watch.kind}`
  return {
    id,
    device: 'D',
    asset: 'D',
    name: id,
    watch,
    onDelayMs: 0,
    offDelayMs: 0,
    latch: false,
    safety: false,
    priority: 'low',
    class: 'P3',
    skill: 'water',
    closesItself: false,
    validityMs: 60 * S,
    ...delays,
  }
}
/** `12` a good value, `?12` an uncertain one, `bad` and `gone` bad readings: the sensor is wrong, the device is not heard. */
export type Word = number | string | boolean
export function reading(point: string, word: Word, at: number): Reading {
  if (word === 'bad') return { device: 'D', point, value: null, quality: 'bad', reason: 'out_of_range', at }
  if (word === 'gone') return { device: 'D', point, value: null, quality: 'bad', reason: 'no_response', at }
  if (typeof word === 'string' && word.startsWith('?'))
    return { device: 'D', point, value: Number(word.slice(1)), quality: 'uncertain', at }
  return { device: 'D', point, value: word, quality: 'good', at }
}

/** Lets time pass second by second, and writes down what it became and when. */
export function story(
  detector: Detector,
  steps: readonly (readonly [second: number, values: Record<string, Word>])[],
  until: number,
): string {
  const told: string[] = []
  const say = (at: number) => {
    for (let draft = detector.decide(at); draft; draft = detector.decide(at)) {
      if (draft.type === 'condition.became')
        told.push(`${draft.state}@${at / S}${draft.found ? ` ${draft.found} ${draft.since / S}` : ''}`)
      else told.push(`${draft.type.replace('condition.', '')}@${at / S}`)
      detector.apply({ ...draft, seq: 1, at, v: 1 } as Event)
      if (told.length > 100) throw new Error(`speaks for ever: ${told.slice(-4).join(' ')}`)
    }
  }
  for (let second = 0; second <= until; second++) {
    say(second * S)
    const step = steps.find(([at]) => at === second)
    if (!step) continue
    for (const [point, word] of Object.entries(step[1])) detector.take(reading(point, word, second * S))
    detector.observe(second * S, `R${second}`)
    say(second * S)
  }
  return told.join(' ')
}

export const values = (...words: Word[]) => words.map((word, second) => [second, { v: word }] as const)
