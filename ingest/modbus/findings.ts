import type { ModbusConnection } from './connection.ts'
import type { Cycle } from './poll-schedule.ts'
import type { RoadState } from './road.ts'
import type { UnitFigures } from './unit-meter.ts'

/** What was seen, as a code; what to look at then is said where a person reads it. In the order of a list of causes. */
export const FINDINGS = [
  'no_port', // the serial port is not there, or another program has it
  'connection_refused', // the host answers that nothing listens on that port
  'unreachable', // no host answers at that address
  'closed', // it takes the connection and drops it before any answer
  'all_silent', // the wire is there, and no unit on it answers
  'silent', // one unit of a bus does not answer
  'silent_tcp', // the far end is connected and answers nothing for this unit
  'garbled', // bytes come that are no frames
  'foreign', // sound frames come that nobody asked for
  'late', // it answers, and now and then not in time
  'exception_1', // illegal function
  'exception_2', // illegal data address
  'exception_3', // illegal data value
  'exception_4', // device failure
  'exception_6', // device busy
  'exception_10', // gateway path unavailable
  'exception_11', // gateway target failed to respond
  'exception_other',
  'slow', // it is read more seldom than asked for
] as const
export type Finding = (typeof FINDINGS)[number]

/** A share of exchanges that is worth a word. */
const NOTABLE = 0.05
/** A cycle that is so much longer than it should be. */
const SLOW = 1.2

type Protocol = ModbusConnection['protocol']

/** `failing`: not yet given up; `held`: three failures in a row, only probed; `unreached`: its road is down. */
export type UnitState = 'unasked' | 'answering' | 'failing' | 'held' | 'unreached'
type Seen = Readonly<{ state: UnitState; figures: UnitFigures | null }>

/** What stands out about a connection as such. */
export function busFindings({
  protocol,
  road,
  units,
}: Readonly<{ protocol: Protocol; road: RoadState; units: readonly Seen[] }>): Finding[] {
  if (road.is === 'down') return [roadFinding(protocol, road.trouble)]
  const isSilent = ({ state, figures }: Seen) =>
    (state === 'failing' || state === 'held') && figures?.last.outcome === 'silent'
  // Of one unit alone nobody can tell whether it is the wire; behind a TCP server there is no wire of ours.
  return protocol !== 'modbus-tcp' && units.length > 1 && units.every(isSilent) ? ['all_silent'] : []
}

/** What stands out about one unit: why it fails while it does, else what is not as it should be. */
export function unitFindings(
  unit: Seen & Readonly<{ refused: readonly Readonly<{ exception: number }>[]; cycles: readonly Cycle[] }>,
  protocol: Protocol,
): Finding[] {
  const { state, figures } = unit
  if (state === 'unreached' || figures === null) return []
  const found = new Set<Finding>(unit.refused.map(({ exception }) => exceptionFinding(exception)))
  if (state === 'answering') for (const finding of notable(figures)) found.add(finding)
  else found.add(failureFinding(figures.last, protocol))
  // That a unit which does not answer is read seldom says nothing new.
  const isSlow = unit.cycles.some(({ askedMs, reachedMs }) => reachedMs !== null && reachedMs > askedMs * SLOW)
  if (state === 'answering' && isSlow) found.add('slow')
  return FINDINGS.filter((finding) => found.has(finding))
}

/** Of a single exchange: what a test read that failed points to. Null when the answer was good. */
export function failureFinding({ outcome, exception }: UnitFigures['last'], protocol: Protocol): Finding {
  if (exception !== null) return exceptionFinding(exception)
  switch (outcome) {
    case 'garbled':
    case 'foreign':
      return outcome
    case 'lost':
      return 'closed'
    default:
      return protocol === 'modbus-tcp' ? 'silent_tcp' : 'silent'
  }
}

export function roadFinding(protocol: Protocol, trouble: string | null): Finding {
  if (trouble === 'closed') return 'closed'
  if (protocol === 'modbus-rtu') return 'no_port'
  return trouble === 'ECONNREFUSED' ? 'connection_refused' : 'unreachable'
}

function notable({ exchanges, timeouts, garbled, foreign, exceptions }: UnitFigures): Finding[] {
  const isNotable = (count: number) => count > 1 && count / exchanges > NOTABLE
  const ofExceptions = Object.entries(exceptions)
    .filter(([, count]) => isNotable(count))
    .map(([code]) => exceptionFinding(Number(code)))
  return [
    ...(isNotable(garbled) ? ['garbled' as const] : []),
    ...(isNotable(foreign) ? ['foreign' as const] : []),
    ...(isNotable(timeouts) ? ['late' as const] : []),
    ...ofExceptions,
  ]
}

function exceptionFinding(code: number): Finding {
  const finding = `exception_${code}`
  return FINDINGS.find((known) => known === finding) ?? 'exception_other'
}
