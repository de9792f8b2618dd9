import { resolve } from 'node:path'
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
