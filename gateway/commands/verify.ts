import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Edge, EXIT_FAILED } from './edge.ts'
import { verifyFolder } from '../store/verify.ts'
import { dataFolder } from './folder.ts'

export function verify(edge: Edge, options: { data?: string }): number {
  const folder = dataFolder(edge, options.data)
  if (!existsSync(join(folder, 'journal.db'))) {
    edge.error(`caretaker: there is no store in ${folder}`)
    return EXIT_FAILED
  }
  const { ok, events, batches, readings, problems } = verifyFolder(folder)
  for (const problem of problems) edge.error(problem)
  edge.out(
    `${events} events in an unbroken chain, ${batches} batches with ${readings} readings: ${ok ? 'all well' : `${problems.length} problems`}`,
  )
  return ok ? 0 : EXIT_FAILED
}
