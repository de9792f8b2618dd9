import {
  type AlarmDefinition,
  LIMIT_SIDES,
  type LimitSide,
  MOVING_NORMAL,
  WEEKDAYS,
} from '#devices/alarm-definition.ts'
import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import { compileCondition, type Condition } from '#devices/expression.ts'
import { type Profile, variablesOf } from '#devices/profile.ts'
import type { Asset, Held, LimitSpan, Watch } from '#rules/plan.ts'

/** What an alarm definition watches on one device: one thing, or one for each limit. It was checked when it was read. */
export function watchesOf(
  definition: AlarmDefinition,
  device: Device,
  timeZone: string,
  asset?: Pick<Asset, 'category'>,
): readonly (readonly [suffix: string, watch: Watch])[] {
  const enabledWhen =
    definition.enabled_when === undefined ? {} : { enabledWhen: conditionOf(definition.enabled_when, device) }
  const watches = definition.limits
    ? limitsOf(definition, timeZone)
    : ([[sideOf(definition), otherThanLimits(definition, device, asset)]] as const)
  return watches.map(([suffix, watch]) => [suffix, { ...watch, ...enabledWhen }] as const)
}

/** Which points a definition reads: what must be there for it to be judged. */
export function pointsOf(definition: AlarmDefinition, device: Device): readonly string[] {
  if (definition.when !== undefined) return conditionOf(definition.when, device).variables
  if (definition.lost) return conditionOf(definition.lost.while, device).variables
  const { disagrees } = definition
  return [definition.point!, ...(disagrees && disagrees.of === undefined ? [disagrees.with] : [])]
}

function limitsOf(definition: AlarmDefinition, timeZone: string): (readonly [suffix: string, watch: Watch])[] {
  const { limits, window, schedule } = definition
  const sides = LIMIT_SIDES.filter(
    (side) => limits?.[side] !== undefined || schedule?.some((span) => span.limits?.[side] !== undefined),
  )
  return sides.map((side) => [
    `.${side}`,
    {
      kind: 'limit',
      point: definition.point!,
      side,
      limit: limits?.[side] ?? null,
      deadband: definition.deadband ?? 0,
      ...(window ? { window: { of: window.of, overMs: msOf(window.over) } } : {}),
      ...(schedule
        ? { schedule: { timeZone, spans: schedule.map((span) => spanOf(span, side, limits?.[side])) } }
        : {}),
    },
  ])
}

/** What a span does not say stays as it is outside of it. */
function spanOf(
  { days, from, to, limits, off }: NonNullable<AlarmDefinition['schedule']>[number],
  side: LimitSide,
  otherwise: number | undefined,
): LimitSpan {
  const [begins, ends] = [minutesOf(from), minutesOf(to)]
  return {
    days: (days ?? WEEKDAYS).map((day) => WEEKDAYS.indexOf(day) + 1),
    from: begins,
    to: ends > begins ? ends : ends + 1_440,
    limit: off ? null : (limits?.[side] ?? otherwise ?? null),
  }
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
}

/** A level that is counted is called as the limit that it is. */
function sideOf({ persists }: AlarmDefinition): string {
  return persists ? (persists.raise[0]!.hi === undefined ? '.lo' : '.hi') : ''
}

function otherThanLimits(definition: AlarmDefinition, device: Device, asset?: Pick<Asset, 'category'>): Watch {
  const {
    when,
    persists,
    rate,
    stuck,
    absent,
    changes,
    disagrees,
    duty,
    lost,
    moving_normal: movingNormal,
  } = definition
  const point = definition.point!
  if (when !== undefined) {
    const { until, pulse } = definition
    const end =
      until === undefined ? {} : { until: conditionOf(until, device), ...(pulse ? { isPulse: true as const } : {}) }
    return { kind: 'when', condition: conditionOf(when, device), ...end }
  }
  if (lost) {
    const or = lost.or === undefined ? {} : { or: conditionOf(lost.or, device) }
    return { kind: 'lost', while: conditionOf(lost.while, device), withinMs: msOf(lost.within), ...or }
  }
  if (persists) return { kind: 'persists', point, ...levelsOf(persists) }
  if (rate) {
    const { over, ...by } = rate
    return { kind: 'rate', point, overMs: msOf(over), ...by }
  }
  if (stuck) {
    const { resolution = 0, driver } = stuck
    const driven = driver === undefined ? {} : { driver: conditionOf(driver, device) }
    return { kind: 'stuck', point, forMs: restOf(stuck.for, asset), resolution, ...driven }
  }
  if (absent) return { kind: 'absence', only: [point], forMs: msOf(absent.for) }
  if (changes) return { kind: 'changes', point, overMs: msOf(changes.over), above: changes.above }
  if (disagrees) {
    const other = { device: disagrees.of ?? device.id, point: disagrees.with }
    return { kind: 'disagreement', point, other, by: disagrees.by ?? 0 }
  }
  if (duty) {
    const { over, ...most } = duty
    return { kind: 'duty', point, overMs: msOf(over), ...most }
  }
  const { short, normal, deviations, settles_after: settlesAfter } = { ...MOVING_NORMAL, ...movingNormal }
  return {
    kind: 'moving-normal',
    point,
    shortMs: msOf(short),
    normalMs: msOf(normal),
    deviations,
    least: movingNormal?.least ?? 0,
    side: movingNormal?.side ?? 'both',
    settleMs: msOf(settlesAfter),
  }
}

/** Who says no category may stand still for as long as any. */
function restOf(written: NonNullable<AlarmDefinition['stuck']>['for'], asset?: Pick<Asset, 'category'>): number {
  if (typeof written === 'string') return msOf(written)
  return asset?.category ? msOf(written[asset.category]) : Math.max(...Object.values(written).map(msOf))
}

type Persists = NonNullable<AlarmDefinition['persists']>
type Lasting = Pick<Persists['raise'][number], 'readings' | 'for'>

function levelsOf({ raise, clear }: Persists): Readonly<{ raise: readonly Held[]; clear: readonly Held[] }> {
  const held = (is: Held['is'], limit: number, { readings = 1, for: lasting = '0s' }: Lasting): Held => ({
    is,
    limit,
    readings,
    forMs: msOf(lasting),
  })
  const levels = raise.map((level) =>
    level.hi === undefined ? held('down_to', level.lo!, level) : held('from', level.hi, level),
  )
  const limits = levels.map(({ limit }) => limit)
  const notBeyond =
    levels[0]!.is === 'from' ? held('below', Math.min(...limits), {}) : held('above', Math.max(...limits), {})
  return {
    raise: levels,
    clear: clear?.map((level) => {
      const is = (['below', 'above', 'fall', 'rise'] as const).find((key) => level[key] !== undefined)!
      return held(is, level[is]!, level)
    }) ?? [notBeyond],
  }
}

function msOf(duration: string): number {
  return parseDuration(duration)!
}

/** A condition keeps nothing: all devices of a profile share one, or a large site would take seconds to read. */
const compiledOf = new WeakMap<Profile, Map<string, Condition>>()

/** The profile was checked when it was read: its conditions compile. */
export function conditionOf(text: string, { profile }: Device): Condition {
  const known = compiledOf.get(profile) ?? new Map<string, Condition>()
  compiledOf.set(profile, known)
  const found = known.get(text)
  if (found) return found
  const compiled = compileCondition(text, variablesOf(profile))
  if ('fault' in compiled) throw new Error(`unchecked condition in ${profile.profile}: ${text}`)
  known.set(text, compiled.condition)
  return compiled.condition
}
