import type { Device } from '#devices/device.ts'
import { type Interpretation, interpretationsOf } from '#devices/interpretation.ts'
import { modbusMapping } from '#devices/modbus-mapping.ts'
import { decodeReply } from '#devices/modbus-reply.ts'
import type { Reason, Value } from '#devices/reading.ts'
import type { ModbusConnection } from './connection.ts'
import { failureFinding, type Finding, roadFinding } from './findings.ts'
import { isBitTable } from './read-plan.ts'
import type { ReadRequest, Reply } from './session.ts'

/** What a point of a profile would say of the words that were read. */
export type PointInterpretation = Readonly<{
  device: string
  point: string
  address: number
  value: Value | null
  reason?: Reason
}>

/**
 * What came of one read out of turn. `words` are the registers as they came; a bit table has `bits` instead.
 * `tookMs` is real time, with the wait for its turn.
 */
export type TestAnswer = Readonly<{ tookMs: number }> &
  (
    | Readonly<{
        outcome: 'values'
        words: readonly number[]
        bits: readonly boolean[]
        interpretations: readonly Interpretation[]
        texts: Readonly<{ ABCD: string; BADC: string }>
        points: readonly PointInterpretation[]
      }>
    | Readonly<{ outcome: 'refused'; exception: number; finding: Finding }>
    | Readonly<{ outcome: 'failed'; detail: string; finding: Finding }>
  )

type Told = Reply | Readonly<{ kind: 'unsent'; trouble: string | null }>

/** An answer in all the ways in which it can be read, beside what the unit's profiles make of it. */
export function testAnswer(
  request: ReadRequest,
  reply: Told,
  about: Readonly<{ tookMs: number; connection: ModbusConnection; devices: Iterable<Device> }>,
): TestAnswer {
  const { tookMs, connection, devices } = about
  const { protocol } = connection
  switch (reply.kind) {
    case 'refused': {
      const finding = failureFinding({ outcome: 'answer', exception: reply.code }, protocol)
      return { tookMs, outcome: 'refused', exception: reply.code, finding }
    }
    case 'unsent':
      return { tookMs, outcome: 'failed', detail: reply.trouble ?? '', finding: roadFinding(protocol, reply.trouble) }
    case 'abandoned':
      return { tookMs, outcome: 'failed', detail: '', finding: 'closed' }
    case 'failed': {
      const outcome = ({ no_response: 'silent', connection_lost: 'lost', bad_frame: 'garbled' } as const)[reply.reason]
      const finding = failureFinding({ outcome: reply.outcome ?? outcome, exception: null }, protocol)
      return { tookMs, outcome: 'failed', detail: reply.detail, finding }
    }
    case 'values': {
      const isBits = isBitTable(request.table)
      // Of bits whole bytes come; of registers just those that were asked for.
      const values = reply.values.slice(0, request.count)
      const words = isBits ? [] : values.map(Number)
      return {
        tookMs,
        outcome: 'values',
        words,
        bits: isBits ? values.map(Boolean) : [],
        ...interpretationsOf(request.address, words),
        points: pointsIn(request, values, devices),
      }
    }
  }
}

/** Points of the unit that lie whole within what was read. */
function pointsIn(
  { unitId, table, address, count }: ReadRequest,
  values: readonly (number | boolean)[],
  devices: Iterable<Device>,
): PointInterpretation[] {
  return [...devices]
    .filter((device) => device.unitId === unitId)
    .flatMap(({ id, profile }) =>
      Object.entries(profile.points).flatMap(([point, definition]) => {
        if (!definition.modbus) return []
        const mapping = modbusMapping(profile, definition)
        if (mapping.table !== table || mapping.start < address || mapping.end > address + count) return []
        const { value, reason } = decodeReply(
          (at, n) => values.slice(at - address, at - address + n),
          definition,
          mapping,
        )
        return [{ device: id, point, address: mapping.address, value, ...(reason ? { reason } : {}) }]
      }),
    )
    .toSorted((a, b) => a.address - b.address)
}
