import type { Intake } from './intake.ts'
import type { FalseAlarmProof, PauseReason } from './states.ts'
import type { PhotoKind } from './procedure.ts'

export type Part = Readonly<{ name: string; count: number }>
/** What was found, used and needed; `minutes` is working time. */
export type Report = Readonly<{ finding?: string; parts?: readonly Part[]; minutes?: number }>
/** Which tag was read at the equipment: the gateway has checked it. */
export type Scan = Readonly<{ asset: string; via: 'qr' | 'nfc' }>

/** What people do about work orders. */
export type OrderCommands = {
  /** Somebody on the staff opens one; a resident may, who names himself as `by` and `reporter`. */
  'order.open': { by: string } & Intake
  /** When the residents expect whoever comes; `for` is on the wall. It may be made anew. */
  'order.appoint': { order: string; by: string; for: number }
  'order.accept': { order: string; by: string }
  'order.depart': { order: string; by: string }
  /** With a scan, or with the word of a supervisor and why there is no scan. */
  'order.arrive': { order: string; by: string; scan?: Scan; approver?: string; reason?: string }
  'order.start': { order: string; by: string }
  'order.pause': { order: string; by: string; reason: PauseReason; until: number }
  'order.resume': { order: string; by: string }
  'order.tick': { order: string; by: string; rule: string; item: number; done: boolean }
  /** `photo` is the hash of what is stored. */
  'order.photo': { order: string; by: string; photo: string; kind: PhotoKind }
  'order.finish': { order: string; by: string } & Report
  'order.report': { order: string; by: string } & Report
  'order.decline': { order: string; by: string; reason: string }
  'order.transfer': { order: string; by: string; to: string; reason: string }
  'order.update': { order: string; by: string; text: string; eta?: number }
  'order.merge': { order: string; by: string; into: string }
  /** Nothing was wrong, says whoever looked: it ends the order when somebody else agrees. */
  'order.find_false': { order: string; by: string; proof: FalseAlarmProof; reason: string }
  'order.approve_false': { order: string; by: string }
  'order.cancel': { order: string; by: string; reason: string }
  'order.reopen': { order: string; by: string; reason: string }
  /** `reached`: somebody answered; `solved` is what they said. */
  'order.call_back': { order: string; by: string; reached: boolean; solved?: boolean }
  'order.rate': { order: string; by: string; stars: number }
  'order.close': { order: string; by: string }
}
