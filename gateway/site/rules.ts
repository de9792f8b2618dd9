import {
  type AlarmDefinition,
  DEFAULT_OFF_DELAY_MS,
  DEFAULT_ON_DELAY_MS,
  LIMIT_SIDES,
} from '#devices/alarm-definition.ts'
import type { Device } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import { compileCondition, type Condition } from '#devices/expression.ts'
import { offlineAfterMs, variablesOf } from '#devices/profile.ts'
import type { Rule, Watch } from '#rules/plan.ts'
import { inAllLanguages } from '../texts.ts'

/** All rules of one device: its profile's alarms, the site's own, and the two that watch over its data. */
export function rulesOf(device: Device, own: readonly AlarmDefinition[]): Rule[] {
  const definitions = [
    ...(device.profile.alarms ?? []).filter((alarm) => !own.some((other) => other.id === alarm.id)),
    ...own,
  ]
  return [...definitions.flatMap((definition) => rulesFrom(definition, device)), ...dataRules(device)]
}

function rulesFrom(definition: AlarmDefinition, device: Device): Rule[] {
  const enabledWhen =
    definition.enabled_when === undefined ? {} : { enabledWhen: conditionOf(definition.enabled_when, device) }
  const watches: [suffix: string, watch: Watch][] =
    definition.when === undefined
      ? LIMIT_SIDES.filter((side) => definition.limits?.[side] !== undefined).map((side) => [
          `.${side}`,
          {
            kind: 'limit',
            point: definition.point!,
            side,
            limit: definition.limits![side]!,
            deadband: definition.deadband ?? 0,
            ...enabledWhen,
          },
        ])
      : [['', { kind: 'when', condition: conditionOf(definition.when, device), ...enabledWhen }]]
  return watches.map(([suffix, watch]) => ({
    id: `${device.id}/${definition.id}${suffix}`,
    device: device.id,
    asset: device.asset,
    name: definition.name,
    watch,
    onDelayMs: definition.delay?.on === undefined ? DEFAULT_ON_DELAY_MS : parseDuration(definition.delay.on)!,
    offDelayMs: definition.delay?.off === undefined ? DEFAULT_OFF_DELAY_MS : parseDuration(definition.delay.off)!,
    latch: definition.latch ?? false,
    safety: definition.class === 'P0' || (definition.class === 'P1' && definition.latch === true),
    priority: definition.priority,
    class: definition.class,
    skill: definition.skill,
    ...(definition.notice === undefined ? {} : { notice: definition.notice }),
    closesItself: definition.closes_itself ?? false,
    validityMs: offlineAfterMs(device.profile),
    ...(definition.cause === undefined ? {} : { cause: definition.cause }),
    ...(definition.consequence === undefined ? {} : { consequence: definition.consequence }),
    ...(definition.response === undefined ? {} : { response: definition.response }),
  }))
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
    // A polled unit gets its validity to answer again; a reporting one was silent for that long already.
    onDelayMs: family === 'communication' && device.profile.modbus ? validityMs : 0,
    offDelayMs: DEFAULT_OFF_DELAY_MS,
    latch: false,
    safety: false,
    ...communication,
    closesItself: true,
    validityMs,
  }))
}

/** The profile was checked when it was read: its conditions compile. */
function conditionOf(text: string, device: Device): Condition {
  const compiled = compileCondition(text, variablesOf(device.profile))
  if ('fault' in compiled) throw new Error(`unchecked condition in ${device.profile.profile}: ${text}`)
  return compiled.condition
}
