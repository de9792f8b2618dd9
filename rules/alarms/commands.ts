/** What people do about alarms. */
export type AlarmCommands = {
  'alarm.acknowledge': { alarm: string; by: string; comment?: string }
  'alarm.reset': { alarm: string; by: string }
  'alarm.comment': { alarm: string; by: string; comment: string }
  'alarm.shelve': { alarm: string; by: string; second?: string; reason: string; forMs: number; oneShot: boolean }
  'alarm.unshelve': { shelf: string; by: string }
  /** An asset, or one rule of it. */
  'service.remove': { asset: string; rule?: string; by: string; workOrder: string; reason: string }
  'service.return': { service: string; by: string }
  /** `from` and `to` are the wall's. */
  'maintenance.plan': {
    assets: readonly string[]
    rules: readonly string[]
    from: number
    to: number
    by: string
    reason: string
  }
  'maintenance.extend': { window: string; to: number; by: string }
  /** Ends it, or calls it off before it began. */
  'maintenance.end': { window: string; by: string }
}
