import type { OrderClass } from '#devices/alarm-definition.ts'
import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context } from '../stage.ts'
import { reportedOf } from './intake.ts'

/** Faults of one room are one incident, whoever told of them first; a complaint is nobody else's. */
const IS_FAULT: ReadonlySet<OrderClass> = new Set(['P1', 'P2', 'P3'])

type Open = Extract<Command, { type: 'order.open' }>

/** A person opens an order. All that follows is as for an order of an alarm. */
export function opening(
  command: Open,
  plan: Pick<Plan, 'staff' | 'assets'>,
  { seq }: Context,
  wall: number,
): readonly Draft[] | Refusal {
  const { by, class: ofClass, source, skill, home, place, reporter, against, due, latest } = command
  const opener = plan.staff.find(({ id }) => id === by)
  // Residents speak for themselves, and for nobody else.
  if (!opener && (source !== 'resident' || reporter !== by)) return refuse('unknown_person', { person: by })
  if (against !== undefined && !plan.staff.some(({ id }) => id === against))
    return refuse('unknown_person', { person: against })
  const about = [command.asset, home, place].filter((each) => each !== undefined)
  const asset = command.asset === undefined ? undefined : plan.assets.get(command.asset)
  if (command.asset !== undefined && !asset) return refuse('unknown_asset', { asset: command.asset })
  const region = asset?.region ?? command.region
  if (about.length !== 1 || region === undefined) return refuse('invalid_request', { detail: 'asset, home or place' })
  if ((ofClass === 'P6') !== (due !== undefined)) return refuse('invalid_request', { detail: 'P6 and due' })
  if (due !== undefined && (due <= wall || (latest !== undefined && latest < due)))
    return refuse('invalid_request', { detail: 'due, latest' })
  const order = `W${seq}`
  const isOwned = source === 'resident' && opener !== undefined
  return [
    {
      type: 'order.opened',
      order,
      incident: asset && IS_FAULT.has(ofClass) ? asset.room : order,
      alarm: '',
      rule: '',
      asset: about[0]!,
      class: ofClass,
      skill,
      region,
      closesItself: false,
      source,
      by,
      ...(isOwned ? { owner: by } : {}),
      ...(place === undefined ? {} : { place }),
      ...(against === undefined ? {} : { against }),
      ...reportedOf(command),
      ...(due === undefined ? {} : { due }),
      ...(latest === undefined ? {} : { latest }),
      trace: order,
    },
  ]
}
