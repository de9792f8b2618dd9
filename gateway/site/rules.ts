import {
  type AlarmDefinition,
  DEFAULT_OFF_DELAY_MS,
  DEFAULT_ON_DELAY_MS,
  PRIORITIES,
  type Priority,
} from '#devices/alarm-definition.ts'
import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import type { Text } from '#devices/point.ts'
import { offlineAfterMs } from '#devices/profile.ts'
import type { Asset, Rule, Watch } from '#rules/plan.ts'
import { inAllLanguages, say } from '../texts.ts'
import { conditionOf, watchesOf, pointsOf } from './watches.ts'

type Watches = ReturnType<typeof watchesOf>

/** All rules of one device: its profile's alarms, the site's own, and the two that watch over its data. */
export function rulesOf(
  device: Device,
  own: readonly AlarmDefinition[],
  timeZone: string,
  asset?: Pick<Asset, 'category'>,
): Rule[] {
  const definitions = [
    ...(device.profile.alarms ?? []).filter((alarm) => !own.some((other) => other.id === alarm.id)),
    ...own,
  ]
  return [
    ...definitions.flatMap((definition) => rulesFrom(definition, device, timeZone, asset)),
    ...modeRules(device),
    ...dataRules(device),
  ]
}

function rulesFrom(
  definition: AlarmDefinition,
  device: Device,
  timeZone: string,
  asset?: Pick<Asset, 'category'>,
): Rule[] {
  const watches = watchesOf(definition, device, timeZone, asset)
  const sides = watches.map(([suffix]) => suffix)
  const steps = (suffix: string) => stepOf(suffix, sides, `${device.id}/${definition.id}`)
  const rules = watches.map(([suffix, watch]): Rule => ({
    ...steps(suffix),
    id: `${device.id}/${definition.id}${suffix}`,
    device: device.id,
    asset: device.asset,
    name: definition.name,
    watch,
    onDelayMs: onDelayOf(definition, device),
    offDelayMs: offDelayOf(definition),
    latch: definition.latch ?? false,
    safety:
      definition.class === 'P0' ||
      (definition.class === 'P1' && definition.latch === true) ||
      definition.intercom === true,
    priority: steps(suffix).step === 1 ? oneGraver(definition.priority) : definition.priority,
    class: definition.class,
    skill: definition.skill,
    ...(definition.notice === undefined ? {} : { notice: definition.notice }),
    closesItself: definition.closes_itself ?? false,
    ...(definition.rescue ? { rescue: true as const } : {}),
    ...(definition.intercom ? { intercom: true as const } : {}),
    ...verifyOf(definition, device, watches),
    validityMs: offlineAfterMs(device.profile),
    ...(definition.cause === undefined ? {} : { cause: definition.cause }),
    ...(definition.consequence === undefined ? {} : { consequence: definition.consequence }),
    ...(definition.response === undefined ? {} : { response: definition.response }),
    ...(definition.respond_within === undefined ? {} : { respondWithinMs: parseDuration(definition.respond_within)! }),
  }))
  rules.push(...proofsOf(definition, device, watches))
  return definition.on_missing === 'alarm' ? [...rules, missingRule(rules[0]!, definition, device)] : rules
}

function verifyOf(definition: AlarmDefinition, device: Device, watches: Watches): Pick<Rule, 'verify'> {
  if (!definition.verify) return {}
  const { normal = '0s' } = definition.verify
  const proofs = proofsOf(definition, device, watches).map(({ id }) => id)
  return { verify: { normalMs: parseDuration(normal)!, ...(proofs.length === 0 ? {} : { proofs }) } }
}

/** What a repaired device shows; and that each side of what it is about was normal so often. */
function proofsOf({ id, verify = {}, ...definition }: AlarmDefinition, device: Device, watches: Watches): Rule[] {
  const { shown, readings } = verify
  const proof = (name: string, watch: Watch) => proofRule(`${device.id}/${id}${name}`, definition, watch, device)
  return [
    ...(shown === undefined ? [] : [proof('.shown', { kind: 'when', condition: conditionOf(shown, device) })]),
    ...(readings === undefined
      ? []
      : watches.map(([suffix, of]) => proof(`${suffix}.settled`, { kind: 'settled', of, readings }))),
  ]
}

/** No alarm: what a repaired device shows. */
function proofRule(
  id: string,
  definition: Pick<AlarmDefinition, 'name' | 'class' | 'skill'>,
  watch: Watch,
  device: Device,
): Rule {
  return {
    id,
    device: device.id,
    asset: device.asset,
    name: definition.name,
    watch,
    mode: 'proof',
    onDelayMs: 0,
    offDelayMs: 0,
    latch: false,
    safety: false,
    priority: 'low',
    class: definition.class,
    skill: definition.skill,
    closesItself: false,
    validityMs: offlineAfterMs(device.profile),
  }
}

/**
 * A silent device is noticed as its communication alarm notices it, unless the definition says otherwise. Whoever counts
 * readings has waited already.
 */
function onDelayOf({ delay, lost, persists }: AlarmDefinition, { profile }: Device): number {
  if (delay?.on !== undefined) return parseDuration(delay.on)!
  if (persists) return 0
  return lost ? silentDelayMs(profile) : DEFAULT_ON_DELAY_MS
}

function offDelayOf({ delay, persists }: AlarmDefinition): number {
  if (delay?.off !== undefined) return parseDuration(delay.off)!
  return persists ? 0 : DEFAULT_OFF_DELAY_MS
}

/** A polled unit gets its validity to answer again; a reporting one was silent for that long already. */
function silentDelayMs(profile: Device['profile']): number {
  return (profile.modbus ?? profile.opcua) ? offlineAfterMs(profile) : 0
}

/** `on_missing: alarm`: that nobody can tell is an alarm of the rule's own rank, so that a person looks. */
function missingRule(
  { notice: _, definition: __, step: ___, ...rule }: Rule,
  definition: AlarmDefinition,
  device: Device,
): Rule {
  return {
    ...rule,
    id: `${device.id}/${definition.id}.missing`,
    name: missingName(definition.name),
    watch: { kind: 'absence', only: pointsOf(definition, device), forMs: rule.validityMs },
    onDelayMs: 0,
    offDelayMs: DEFAULT_OFF_DELAY_MS,
    latch: false,
    closesItself: true,
  }
}

function missingName(name: Text): Text {
  const [zh, en] = typeof name === 'string' ? [name, name] : [name['zh-CN'], name.en]
  return { 'zh-CN': say('zh-CN', 'alarm.missing', { name: zh }), en: say('en', 'alarm.missing', { name: en }) }
}

const PAIRS = [
  ['.hi', '.hihi'],
  ['.lo', '.lolo'],
]

/**
 * Two limits on one side of a point are two steps of one alarm: somebody who knows that the level is low is told that it is
 * very low, and does not get a second row. A limit that stands alone is a step of its own, whatever its name.
 */
function stepOf(suffix: string, sides: readonly string[], definition: string): Pick<Rule, 'definition' | 'step'> {
  const pair = PAIRS.find((each) => each.includes(suffix) && each.every((side) => sides.includes(side)))
  return pair ? { definition: `${definition}${pair[0]}`, step: pair.indexOf(suffix) } : {}
}

function oneGraver(priority: Priority): Priority {
  return PRIORITIES[Math.max(0, PRIORITIES.indexOf(priority) - 1)]!
}

/** Not alarms: what suppresses them by design while it is true. */
function modeRules(device: Device): Rule[] {
  const { inspection_when: inspection, communication } = device.profile
  if (inspection === undefined) return []
  return [
    {
      id: `${device.id}/mode.inspection`,
      device: device.id,
      asset: device.asset,
      name: inAllLanguages('alarm.inspection'),
      watch: { kind: 'when', condition: conditionOf(inspection, device) },
      mode: 'inspection',
      onDelayMs: 0,
      offDelayMs: 0,
      latch: false,
      safety: false,
      ...communication,
      closesItself: false,
      validityMs: offlineAfterMs(device.profile),
    },
  ]
}

/** Loss of data is its own alarm; a value that cannot be is one at once. */
function dataRules(device: Device): Rule[] {
  const { communication } = device.profile
  const validityMs = offlineAfterMs(device.profile)
  return (['communication', 'sensor'] as const).map((family) => ({
    id: `${device.id}/${family}`,
    device: device.id,
    asset: device.asset,
    name: inAllLanguages(`alarm.${family}`),
    watch: { kind: 'data', family },
    onDelayMs: family === 'communication' ? silentDelayMs(device.profile) : 0,
    offDelayMs: DEFAULT_OFF_DELAY_MS,
    latch: false,
    safety: false,
    ...communication,
    closesItself: true,
    // Three periods are what a device may be silent.
    verify: { normalMs: family === 'communication' ? validityMs : 0 },
    validityMs,
  }))
}
