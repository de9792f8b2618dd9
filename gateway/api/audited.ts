import type { ApiContext } from './context.ts'

/** Something at the door, done or refused: it stands in the journal before anybody learns how it went. */
export async function audited<T>({ audit }: Pick<ApiContext, 'audit'>, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work()
  } finally {
    await audit()
  }
}
