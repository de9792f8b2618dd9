/** The same text in all languages. */
type Both = Readonly<{ 'zh-CN': string; en: string }>

export type IntakeClass = 'P1' | 'P2' | 'P3' | 'P4a' | 'P4b' | 'P5' | 'P5q' | 'P6'
/** What an order can be opened for. */
export type IntakeChoices = Readonly<{
  classes: readonly IntakeClass[]
  skills: readonly string[]
  places: readonly Readonly<{ id: string; name: Both }>[]
}>
/** What somebody told us; null what was erased. */
export type OrderReport = Readonly<{
  at: string
  home: string | null
  name: string | null
  phone: string | null
  text: string | null
}>
export type PhotoKind = 'before' | 'after' | 'other'
/** What an order has been through beyond its clocks, and what it still waits for. */
export type OrderLife = Readonly<{
  /** Where people opened it. */
  source: 'resident' | 'staff' | 'planned' | null
  openedBy: string | null
  owner: string | null
  home: string | null
  place: string | null
  against: string | null
  due: string | null
  appointment: Readonly<{ for: string; by: string }> | null
  reporters: number
  departedAt: string | null
  arrival: Readonly<{
    at: string
    scan?: Readonly<{ asset: string; via: 'qr' | 'nfc' }>
    approver?: string
    reason?: string
  }> | null
  photos: readonly Readonly<{ photo: string; kind: PhotoKind; by: string; at: string; deviceAt: string | null }>[]
  finishedBy: string | null
  reportedAt: string | null
  parts: readonly Readonly<{ name: string; count: number }>[]
  minutes: number | null
  callBacks: readonly Readonly<{ at: string; by: string; reached: boolean; solved: boolean | null }>[]
  reopenings: readonly Readonly<{ at: string; by: string | null; reason: string | null; closedAt: string | null }>[]
  rating: Readonly<{ at: string; by: string; stars: number }> | null
  mergedInto: string | null
  /** Somebody says that nothing was wrong, and a supervisor has not agreed yet. */
  falseAlarm: Readonly<{ at: string; by: string; proof: string; reason: string }> | null
  ended: Readonly<{ by: string; approver?: string; proof?: string; reason: string }> | null
  how: string | null
  waitsFor: Readonly<{
    scan: boolean
    photos: readonly PhotoKind[]
    callBackBy: string | null
    objectionUntil: string | null
  }>
  checklist: readonly Readonly<{
    rule: string
    item: number
    text: Both
    done: Readonly<{ by: string; at: string }> | null
  }>[]
  tasks: readonly RescueTask[]
}>

export type RescueTask = Readonly<{
  id: string
  kind: 'comfort' | 'on_site' | 'rescue' | 'intercom' | 'call_cars' | 'supply'
  state: 'open' | 'accepted' | 'arrived' | 'ended'
  to: string
  dueAt: string
  acceptBy: string | null
  contacts: readonly Readonly<{ at: string; by: string; asset?: string }>[]
  confirmed: Readonly<{ at: string; by: string; via: 'intercom' | 'camera' | 'opened_door' }> | null
  arrivedAt: string | null
  endedAt: string | null
  calls: readonly Readonly<{
    step: 'staff' | 'contractor' | 'contractor_second' | '96333' | '119'
    to: string
    number: string | null
    at: string
    dialledAt: string | null
  }>[]
}>
