import type { PauseReason } from './states.ts'

/** What people do about work orders. */
export type OrderCommands = {
  'order.accept': { order: string; by: string }
  'order.arrive': { order: string; by: string }
  'order.finish': { order: string; by: string; finding?: string }
  'order.start': { order: string; by: string }
  'order.pause': { order: string; by: string; reason: PauseReason; until: number }
  'order.resume': { order: string; by: string }
  'order.decline': { order: string; by: string; reason: string }
  'order.transfer': { order: string; by: string; to: string; reason: string }
  'order.update': { order: string; by: string; text: string; eta?: number }
  'order.close': { order: string; by: string }
}
