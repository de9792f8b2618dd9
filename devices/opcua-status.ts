import type { Quality, Reason } from './reading.ts'

type Meaning = Readonly<{ quality: Quality; reason?: Reason }>

const bad = (reason: Reason): Meaning => ({ quality: 'bad', reason })
const DOUBTFUL: Meaning = { quality: 'uncertain', reason: 'doubtful' }

/**
 * Status codes that say more than their severity does (OPC UA Part 4 §7.39, Part 8 §A.4.3). The last usable value of a
 * source that fell silent is uncertain there; here it is what it is: an old value, and bad.
 */
const CODES: Readonly<Record<string, readonly [code: number, meaning: Meaning]>> = {
  Good: [0x0000_0000, { quality: 'good' }],
  GoodClamped: [0x0030_0000, DOUBTFUL],
  GoodLocalOverride: [0x0096_0000, DOUBTFUL],
  UncertainNoCommunicationLastUsableValue: [0x408f_0000, bad('stale')],
  UncertainLastUsableValue: [0x4090_0000, bad('stale')],
  UncertainSubstituteValue: [0x4091_0000, DOUBTFUL],
  UncertainInitialValue: [0x4092_0000, DOUBTFUL],
  UncertainSensorNotAccurate: [0x4093_0000, DOUBTFUL],
  UncertainEngineeringUnitsExceeded: [0x4094_0000, bad('out_of_range')],
  UncertainSubNormal: [0x4095_0000, DOUBTFUL],
  BadCommunicationError: [0x8005_0000, bad('connection_lost')],
  BadTimeout: [0x800a_0000, bad('no_response')],
  BadServerNotConnected: [0x800d_0000, bad('connection_lost')],
  BadUserAccessDenied: [0x801f_0000, bad('exception')],
  BadNoCommunication: [0x8031_0000, bad('connection_lost')],
  BadWaitingForInitialData: [0x8032_0000, bad('no_response')],
  BadNodeIdInvalid: [0x8033_0000, bad('exception')],
  BadNodeIdUnknown: [0x8034_0000, bad('exception')],
  BadAttributeIdInvalid: [0x8035_0000, bad('exception')],
  BadNotReadable: [0x803a_0000, bad('exception')],
  BadOutOfRange: [0x803c_0000, bad('out_of_range')],
  BadConfigurationError: [0x8089_0000, bad('exception')],
  BadNotConnected: [0x808a_0000, bad('absent')],
  BadDeviceFailure: [0x808b_0000, bad('sensor_failure')],
  BadSensorFailure: [0x808c_0000, bad('sensor_failure')],
  BadOutOfService: [0x808d_0000, bad('sensor_failure')],
}

const MEANING_OF: ReadonlyMap<number, Meaning> = new Map(Object.values(CODES))

export const STATUS_NAMES: readonly string[] = Object.keys(CODES)

export function statusCodeOf(name: string): number | undefined {
  return Object.hasOwn(CODES, name) ? CODES[name]![0] : undefined
}

/**
 * What a status code means for a reading: its upper half says it, the lower one holds bits of information such as an
 * overflow. A code without an entry goes by its severity, its two highest bits.
 */
export function meaningOf(status: number): Meaning {
  const known = MEANING_OF.get((status & 0xffff_0000) >>> 0)
  if (known) return known
  const severity = status >>> 30
  return severity === 0 ? { quality: 'good' } : severity === 1 ? DOUBTFUL : bad('exception')
}

/** The node is not there, or not for us: the profile or the site is wrong, not the moment. */
export function isRefusal(status: number): boolean {
  return REFUSALS.has((status & 0xffff_0000) >>> 0)
}

const REFUSALS: ReadonlySet<number> = new Set(
  ['BadNodeIdUnknown', 'BadNodeIdInvalid', 'BadAttributeIdInvalid', 'BadNotReadable', 'BadUserAccessDenied'].map(
    (name) => CODES[name]![0],
  ),
)
