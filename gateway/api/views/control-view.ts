import { COMMUNICATION_REASONS, type Reading } from '#devices/reading.ts'
import { type Said } from '#devices/fault.ts'
import { judgeWhen } from '#rules/control/allowed.ts'
import type { Request } from '#rules/control/book.ts'
import type { Control } from '#rules/plan.ts'
import type { Identity } from '../../access/identity.ts'
import { LANGUAGES, sayFault } from '../../texts.ts'
import type { ApiContext } from '../context.ts'
import { timesOf } from '../site-time.ts'
import { both, type InAllLanguages, sayWhy } from './said.ts'

/** Why not, as data and in words; `params` name the order or the lock, so that a page can lead there. */
type SaidInWords = Said & Readonly<{ text: InAllLanguages }>

export function inWords(said: Said): SaidInWords {
  const text = Object.fromEntries(LANGUAGES.map((language) => [language, sayFault(language, said)])) as InAllLanguages
  return { ...said, text }
}

/** What may be written on a device, by whom it is held, and why not now. Null for a device that nobody may write. */
export function controlView({ site, desk, latest, clock }: Pick<ApiContext, 'site' | 'desk' | 'latest' | 'clock'>) {
  const time = timesOf(site.plan.timeZone)
  const profiles = new Map(site.devices.map((device) => [device.id, device.profile]))

  const requestView = ({ request, point, by, reason, from, to, at, settled }: Request) => ({
    request,
    point,
    by,
    reason,
    from,
    to,
    at: time(at),
    outcome: settled?.outcome ?? null,
    readBack: settled?.readBack ?? null,
    why: settled?.why ? sayWhy(settled.why) : null,
    settledAt: time(settled?.at ?? null),
  })

  function pointView(control: Control, readings: ReadonlyMap<string, Reading>, identity: Identity) {
    const point = profiles.get(control.device)!.points[control.point]!
    const reading = readings.get(control.point)
    const judged = judgeWhen(control, readings, clock.now())
    const isUnheard = !reading || (reading.quality === 'bad' && COMMUNICATION_REASONS.has(reading.reason!))
    const whyNot: Said[] = [
      ...(control.roles.some((role) => role === identity.role)
        ? []
        : [{ code: 'role_not_allowed', params: { role: identity.role, device: control.device } } as const]),
      ...(judged.when === 'true'
        ? []
        : [{ code: `precondition_${judged.when}`, params: { condition: judged.condition } } as const]),
      ...(isUnheard ? [{ code: 'precondition_unknown', params: { condition: control.point } } as const] : []),
    ]
    return {
      point: control.point,
      name: both(point.name ?? control.point),
      unit: point.unit ?? null,
      value: reading?.value ?? null,
      quality: reading?.quality ?? null,
      at: time(reading?.at ?? null),
      allowed: control.allowed,
      roles: control.roles,
      when: control.when.map(({ text }) => text),
      whyNot: whyNot.map(inWords),
    }
  }

  return {
    requestView,
    deviceView(device: string, identity: Identity) {
      const controls = (site.plan.controls ?? []).filter((control) => control.device === device)
      const [first] = controls
      if (!first) return null
      const readings = latest.of(device)
      const lease = desk.book.lease(device)
      return {
        device,
        asset: first.asset,
        lease:
          lease && lease.until > clock.now() ? leaseView(lease.by, lease.until, lease.holder === identity.id) : null,
        blocks: desk.book.blocksOf(first.asset).map(inWords),
        points: controls.map((control) => pointView(control, readings, identity)),
        recent: desk.book.requestsOf(device).slice(0, 10).map(requestView),
      }
    },
  }

  function leaseView(by: string, until: number, isYours: boolean) {
    return { by, until: time(until), isYours }
  }
}
