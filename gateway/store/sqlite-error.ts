type Name = 'busy' | 'inputOutput' | 'corrupt' | 'full' | 'notADatabase'

/** Primary result codes of SQLite that are acted upon (https://www.sqlite.org/rescode.html). */
const NAMES: Readonly<Record<number, Name>> = {
  5: 'busy',
  10: 'inputOutput',
  11: 'corrupt',
  13: 'full',
  26: 'notADatabase',
}

/** What SQLite says went wrong, where it matters here; undefined for all else. */
export function sqliteErrorOf(error: unknown): Name | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return NAMES[Number(error.errcode) & 255]
}
