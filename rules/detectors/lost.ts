import { COMMUNICATION_REASONS, type Reading } from '#devices/reading.ts'
import type { Rule, Watch } from '../plan.ts'
import type { Json } from '../stage.ts'
import { evaluation } from './evaluation.ts'
import type { Judgement } from './judgement.ts'

/** `isArmed`: what it said last was bad news in the making; `heardAt` is the site time of that. */
type Last = { isArmed: boolean; heardAt: number; isDown: boolean; isLost: boolean }

/**
 * A device falls silent, or says that it will, while its last good values fulfilled `while`. It is not so while the
 * device is only silent: what an idle one does then is no matter of life. It ends when the device is heard again.
 *
 * Values count that were no older than `within` when the device was heard last. A silence is noticed a validity late, a
 * raw one two; an armed state from before that proves nothing.
 */
export function lostJudgement(
  watch: Extract<Watch, { kind: 'lost' }>,
  { validityMs }: Pick<Rule, 'validityMs'>,
): Judgement {
  const { withinMs } = watch
  const telling = watch.while.variables
  const end = watch.or ? evaluation(watch.or, validityMs) : null
  const values = new Map<string, Reading>()
  const unheard = new Map<string, Reading>()
  const known = new Set<string>()
  let last: Last = { isArmed: false, heardAt: -Infinity, isDown: false, isLost: false }

  const isSilent = () => known.size > 0 && [...known].every((point) => unheard.has(point))
  /** One that is made anew knows no value that is too old. */
  function isArmed(at: number): boolean {
    const fresh = evaluation(watch.while, validityMs)
    for (const reading of values.values()) if (at - reading.at <= withinMs) fresh.take(reading)
    return fresh.state().state === 'true'
  }

  return {
    points: null,
    take(reading) {
      end?.take(reading)
      const { point, quality } = reading
      if (!telling.includes(point)) return
      known.add(point)
      unheard.delete(point)
      if (quality !== 'bad') values.set(point, reading)
      else if (COMMUNICATION_REASONS.has(reading.reason ?? 'no_response')) unheard.set(point, reading)
      // The device is there and says that it does not know: what it said before is no longer so.
      else values.delete(point)
    },
    verdict(side, at) {
      const silent = isSilent()
      const ending = end?.state().state === 'true'
      if (!silent && !ending) {
        last = { isArmed: isArmed(at), heardAt: at, isDown: false, isLost: false }
        return { state: known.size > 0 ? 'false' : 'unknown', evidence: { at } }
      }
      if (!last.isDown) {
        const wasArmed = last.isArmed && at - last.heardAt <= withinMs + 2 * validityMs
        last = { ...last, isDown: true, isLost: wasArmed || (!silent && isArmed(at)) }
      }
      const reading = [...(silent ? unheard : values).values()].toSorted((a, b) => b.at - a.at)[0]
      const evidence = {
        ...(reading ? { point: reading.point } : {}),
        ...(silent ? { reason: reading?.reason ?? 'no_response' } : {}),
        why: { code: silent ? 'lost' : 'goes', params: {} },
        at: reading?.at ?? at,
      }
      // Nobody hears it: that ends nothing.
      return { state: last.isLost || side === 'true' ? 'true' : 'unknown', evidence }
    },
    silentAt: (heardAt) => ({
      at: last.isArmed && !last.isDown ? heardAt + 2 * validityMs : Infinity,
      since: heardAt,
    }),
    // Whoever was in it then is out, or somebody else knows: after a long absence of ours it is not found out by silence.
    resume(at) {
      if (at - last.heardAt > withinMs) last = { ...last, isArmed: false }
    },
    memory: () =>
      ({
        ...last,
        heardAt: last.heardAt === -Infinity ? null : last.heardAt,
        values: [...values.values()],
        unheard: [...unheard.values()],
        known: [...known],
        end: end?.memory() ?? null,
      }) as unknown as Json,
    recall(memory) {
      const kept = memory as unknown as Omit<Last, 'heardAt'> & {
        heardAt: number | null
        values: Reading[]
        unheard: Reading[]
        known: string[]
        end: Json
      }
      const { isArmed: armed, isDown, isLost } = kept
      last = { isArmed: armed, isDown, isLost, heardAt: kept.heardAt ?? -Infinity }
      values.clear()
      for (const reading of kept.values) values.set(reading.point, reading)
      unheard.clear()
      for (const reading of kept.unheard) unheard.set(reading.point, reading)
      known.clear()
      for (const point of kept.known) known.add(point)
      if (kept.end !== null) end?.recall(kept.end)
    },
  }
}
