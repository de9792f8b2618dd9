import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Said } from '#devices/fault.ts'

const LEAST_LENGTH = 16
const KNOWN = new Set([
  'changeme',
  'changeit',
  'password',
  'secret',
  'admin',
  'caretaker',
  'default',
  'letmein',
  'test',
])

/**
 * A secret as the site file names it: `${file:PATH}` (relative to the site file), `${env:NAME}`, or written out.
 * Known and short ones are refused: the gateway does not start on them.
 */
export function resolveSecret(
  written: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): { secret: string } | { said: Said } {
  const reference = /^\$\{(file|env):([^}]+)\}$/.exec(written)
  const value = reference ? lookUp(reference[1] as 'file' | 'env', reference[2]!, folder, env) : written
  if (value === undefined) return { said: { code: 'secret_missing', params: { reference: written } } }
  const isKnown = KNOWN.has(value.toLowerCase().replace(/[\d!@#$%^&*._-]+$/, '')) || /^(.)\1*$/.test(value)
  if (value.length < LEAST_LENGTH || isKnown) return { said: { code: 'secret_weak', params: { least: LEAST_LENGTH } } }
  return { secret: value }
}

function lookUp(
  from: 'file' | 'env',
  name: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (from === 'env') return env[name]
  try {
    return readFileSync(resolve(folder, name), 'utf8').trim()
  } catch {
    return undefined
  }
}
