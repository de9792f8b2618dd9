import type { Reading } from '#devices/reading.ts'

/** Where imported readings go. Durable when `write` resolves; the readings come in any order of times. */
export type HistorySink = Readonly<{ write(readings: readonly Reading[]): Promise<void> }>

export type SeriesName = Readonly<{ device: string; point: string }>

/** Some readings, to be walked through. */
export type Readings = Iterable<Reading> & Readonly<{ length: number }>

/** Where exported readings come from. Reading it disturbs no writer. */
export type HistorySource = Readonly<{
  series(): Promise<readonly SeriesName[]>
  /** Readings of one series with source time in [from, to) in ms, oldest first, page by page. */
  read(series: SeriesName, from: number, to: number): AsyncIterable<Readings>
}>

/** Reads the bytes of one file as readings, in the order of the file. What cannot be read is reported and left out. */
export type HistoryReader = (
  chunks: AsyncIterable<Uint8Array>,
  report: (bad: BadLine) => void,
) => AsyncIterable<readonly Reading[]>

/** Each has its sentence under `history.bad.…` in `texts/`. */
export type BadCode =
  // line protocol
  | 'measurement'
  | 'tag_key'
  | 'tag_value'
  | 'tag_twice'
  | 'fields'
  | 'field_key'
  | 'field_value'
  | 'open_string'
  | 'after_value'
  | 'after_time'
  | 'comment'
  | 'encoding'
  | 'too_long'
  | 'no_time'
  | 'no_device_tag'
  // CSV
  | 'header'
  | 'quotes'
  | 'columns'
  | 'no_device'
  | 'no_point'
  | 'quality'
  | 'reason'
  | 'no_offset'
  // both
  | 'time'
  | 'time_range'
  | 'number_range'

/** A line that holds no reading, or not all it should. Line and column count from 1. */
export type BadLine = Readonly<{
  line: number
  /** Characters into the line; in CSV the number of the cell. */
  column: number
  code: BadCode
  params: Readonly<Record<string, string | number>>
}>
