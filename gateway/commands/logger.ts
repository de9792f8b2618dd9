import { type Logger, pino } from 'pino'
import type { Edge } from './edge.ts'

/** JSON lines on the error stream, so that what a command prints stays its own. Secrets never reach it. */
export function loggerOf(edge: Edge, otherwise: string): Logger {
  const level = edge.env['CARETAKER_LOG'] ?? otherwise
  const redact = {
    paths: [
      '*.authorization',
      '*.cookie',
      '*.password',
      '*.secret',
      '*.token',
      'req.headers.authorization',
      'req.headers.cookie',
    ],
    censor: '[redacted]',
  }
  return pino(
    { level, base: null, redact, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => edge.error(line.trimEnd()) },
  )
}
