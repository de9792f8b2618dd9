import type { Batch, Value } from '#devices/reading.ts'
import type { CursorStore, LoggedBatch, LogReader } from '#gateway/historian/target.ts'

/** The log as the forwarder sees it: batches with ascending ids, here with holes. */
export function memoryLog(): LogReader & { append(...batches: Batch[]): void } {
  const batches: LoggedBatch[] = []
  return {
    append(...more) {
      for (const batch of more) batches.push({ id: (batches.at(-1)?.id ?? 0) + 3, batch })
    },
    readAfter: async (id, limit) => batches.filter((logged) => logged.id > id).slice(0, limit),
    newest: async () => batches.at(-1)?.id ?? 0,
  }
}

export function memoryCursors(): CursorStore & { saved: Map<string, number> } {
  const saved = new Map<string, number>()
  return {
    saved,
    load: async (target) => saved.get(target) ?? 0,
    save: async (target, id) => void saved.set(target, id),
  }
}

/** One poll reply of one device. */
export function poll(device: string, at: number, values: Record<string, Value>): Batch {
  const readings = Object.entries(values).map(
    ([point, value]) => ({ device, point, value, quality: 'good', at }) as const,
  )
  return { source: 'test', receivedAt: at, readings }
}
