import type { MonthFigures } from './month-figures.ts'
import type { Month } from './month-calendar.ts'

export type MonthEvents = {
  /** Praise 表扬: it has no clock, and is counted. */
  'praise.recorded': { praise: string; by: string; person: string; forOrder?: string; text?: string }
  /**
   * The figures of a month as they stood on the fifth of the next; what changes later is a correction, and changes nothing
   * here. `dueAt` is site time: said later than that, the gateway was away. `hash` is of month, version and figures.
   */
  'month.frozen': { month: Month; dueAt: number; version: number; hash: string; figures: MonthFigures }
}
