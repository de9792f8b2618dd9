import type { Text } from '#devices/point.ts'
import type { Identity } from '../../access/identity.ts'
import type { ReportInWords } from '../../intake/reports.ts'
import type { Site } from '../../site/site.ts'
import type { OrderDocument } from '../../store/documents.ts'
import { LANGUAGES, say } from '../../texts.ts'
import { may } from '../permissions.ts'
import { both, type InAllLanguages } from './said.ts'
import { phoneFor } from './reach-view.ts'

type Time = (at: number | null) => string | null

/** Of an order that people opened: by whom, for which home or place, by when. Null for all others. */
export function intakeOf(order: OrderDocument, time: Time): object {
  const { source = null, by = null, home = null, place = null, against = null, planned, appointment } = order
  return {
    source,
    openedBy: by,
    home,
    place,
    against,
    due: time(planned?.due ?? null),
    latest: time(planned?.latest ?? null),
    appointment: appointment ? { ...appointment, for: time(appointment.for), madeAt: time(appointment.madeAt) } : null,
    reporters: order.reports?.length ?? 0,
  }
}

/** What an order is called that no rule names: a complaint, a repair at home, what another order left behind. */
export function nameOfOrder(order: OrderDocument, ruleName: (rule: string) => Text | undefined): InAllLanguages {
  const { follows, source, id } = order
  if (!follows) return source ? intakeName(order) : both(id)
  const name = both(ruleName(follows.rule) ?? follows.rule)
  return Object.fromEntries(
    LANGUAGES.map((language) => [language, say(language, 'intake.follow_up', { name: name[language] })]),
  ) as InAllLanguages
}

export function intakeName({ class: ofClass }: Pick<OrderDocument, 'class'>): InAllLanguages {
  const key = INTAKE_NAMES[ofClass as keyof typeof INTAKE_NAMES] ?? INTAKE_NAMES.P2
  return Object.fromEntries(LANGUAGES.map((language) => [language, say(language, key)])) as InAllLanguages
}

const INTAKE_NAMES = {
  P1: 'intake.fault',
  P2: 'intake.fault',
  P3: 'intake.fault',
  P4a: 'intake.urgent',
  P4b: 'intake.repair',
  P5: 'intake.complaint',
  P5q: 'intake.enquiry',
  P6: 'intake.planned',
} as const

/** What an order is about: an asset, a building or an entrance by its name, a home by its number. */
export function nameOfPlace(site: Pick<Site, 'plan' | 'buildings'>, id: string): InAllLanguages {
  const place =
    site.buildings.find((building) => building.id === id) ?? site.plan.entrances?.find((entrance) => entrance.id === id)
  return both(site.plan.assets.get(id)?.name ?? place?.name ?? id)
}

/** Whoever may ring people up sees the number, and whoever has the order: he asks when he may come. */
export function reportView(
  { at, phone, ...report }: ReportInWords,
  { assignee }: Pick<OrderDocument, 'assignee'>,
  { role, person }: Identity,
  time: Time,
): object {
  const isHis = person !== null && person === assignee
  return { ...report, at: time(at), phone: phoneFor(phone, isHis || may(role, 'callHouseholds')) }
}
