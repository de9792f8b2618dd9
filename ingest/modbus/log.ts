/** Where a change of state is told. pino's logger is one. */
export type Log = Readonly<{
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}>
