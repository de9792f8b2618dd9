import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert'
import t, { type Test } from 'tap'
import { openSessionJournal } from '#ingest/mqtt/sessions/session-journal.ts'
import { SessionPersistence } from '#ingest/mqtt/sessions/session-persistence.ts'

type Case = Readonly<{ assert: typeof assert; plan(): void; diagnostic(said: string): void }>
const conformance = createRequire(import.meta.url)('aedes-persistence/abstract.js') as (
  options: Readonly<{
    test: (name: string, run: (t: Case) => Promise<void>) => void
    persistence: () => Promise<unknown>
    testAsync: true
  }>,
) => void

const folder = (test: Test): string => {
  const path = mkdtempSync(join(tmpdir(), 'caretaker-sessions-'))
  test.teardown(() => rmSync(path, { recursive: true }))
  return path
}

void t.test('the conformance suite of aedes-persistence', async (t) => {
  const path = folder(t)
  const cases: [string, (t: Case) => Promise<void>][] = []
  let count = 0
  conformance({
    test: (name, run) => void cases.push([name, run]),
    persistence: async () =>
      new SessionPersistence({
        journal: await openSessionJournal(join(path, `${(count += 1)}.db`), (said) => assert.fail(said)),
        now: () => 0,
      }),
    testAsync: true,
  })
  t.ok(cases.length >= 50)
  for (const [name, run] of cases) {
    await run({ assert, plan() {}, diagnostic() {} }).then(
      () => t.pass(name),
      (error: Error) => t.fail(name, { error }),
    )
  }
})
