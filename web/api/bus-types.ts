import type { Value } from './types.ts'

export type Finding =
  | 'no_port'
  | 'connection_refused'
  | 'unreachable'
  | 'closed'
  | 'all_silent'
  | 'silent'
  | 'silent_tcp'
  | 'garbled'
  | 'foreign'
  | 'late'
  | 'exception_1'
  | 'exception_2'
  | 'exception_3'
  | 'exception_4'
  | 'exception_6'
  | 'exception_10'
  | 'exception_11'
  | 'exception_other'
  | 'slow'
export type BusUnit = Readonly<{
  unitId: number
  devices: readonly string[]
  state: 'unasked' | 'answering' | 'failing' | 'held' | 'unreached'
  failingSince: string | null
  nextProbeAt: string | null
  lastHeardAt: string | null
  /** Of the last exchanges, at most 100; latencies in real ms. */
  figures: Readonly<{
    exchanges: number
    timeouts: number
    garbled: number
    foreign: number
    exceptions: Readonly<Record<string, number>>
    latencyMs: Readonly<{ p50: number; p95: number }> | null
    busyShare: number
  }> | null
  cycles: readonly Readonly<{ askedMs: number; reachedMs: number | null }>[]
  skippedCycles: number
  refused: readonly Readonly<{ device: string; point: string; table: string; address: number; exception: number }>[]
  findings: readonly Finding[]
}>
export type Bus = Readonly<{
  id: string
  protocol: string
  endpoint: string
  road: Readonly<{ is: 'idle' | 'up' | 'down'; since: string | null; trouble: string | null }>
  errorRate: number | null
  busyShare: number
  counts: Readonly<{ strayBytes: number }>
  units: readonly BusUnit[]
  findings: readonly Finding[]
}>
/** As text where JSON has no such number. */
export type WireNumber = number | string
type ByOrder = Readonly<Record<'ABCD' | 'CDAB' | 'BADC' | 'DCBA', WireNumber | null>>
export type Interpretation = Readonly<{
  address: number
  word: number
  one: Readonly<{ uint16: number; int16: number; bcd16: number | null }>
  two: Readonly<Record<string, ByOrder>> | null
  four: Readonly<Record<string, ByOrder>> | null
}>
export type TestAnswer = Readonly<{ tookMs: number }> &
  (
    | Readonly<{
        outcome: 'values'
        bits: readonly boolean[]
        interpretations: readonly Interpretation[]
        texts: Readonly<{ ABCD: string; BADC: string }>
        points: readonly Readonly<{
          device: string
          point: string
          address: number
          value: Value | null
          reason?: string
        }>[]
      }>
    | Readonly<{ outcome: 'refused'; exception: number; finding: Finding }>
    | Readonly<{ outcome: 'failed'; detail: string; finding: Finding }>
  )
