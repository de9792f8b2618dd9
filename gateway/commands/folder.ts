import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Edge, parseAddress } from './edge.ts'

export function dataFolder(edge: Edge, written: string | undefined, otherwise = 'data'): string {
  return resolve(edge.cwd, written ?? edge.env['CARETAKER_DATA'] ?? otherwise)
}

/** Where HTTP listens; null when nobody said. */
export function httpAddress(
  edge: Edge,
  written: { host: string; port: number } | undefined,
): { host: string; port: number } | null {
  const fromEnvironment = edge.env['CARETAKER_HTTP']
  return written ?? (fromEnvironment ? parseAddress(fromEnvironment) : null)
}

/** The key of what is private: as written, or a credential of systemd; undefined for the one in the data folder. */
export function privateKeyFile(edge: Edge, written: string | undefined): string | undefined {
  if (written !== undefined) return resolve(edge.cwd, written)
  const credentials = edge.env['CREDENTIALS_DIRECTORY']
  const file = credentials && join(credentials, 'private.key')
  return file && existsSync(file) ? file : undefined
}
