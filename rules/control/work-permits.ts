import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event } from '../event.ts'
import type { Json, Stage } from '../stage.ts'

/** Planned work in a space from which nobody gets out alone: it begins with a checked permit, and with nothing less. */
const IN_CONFINED_SPACE: ReadonlySet<string> = new Set(['tank-cleaning'])

type Bound = Readonly<{ order: string; assets: readonly string[]; isBegun: boolean }>
type Checked = Readonly<{ permit: string; asset: string }>
type State = Readonly<{ bound: readonly Bound[]; permits: readonly Checked[] }>

/** Keeps an order of work in a confined space from beginning while no checked permit is open at what it is done on. */
export function workPermitStage(): Stage {
  const bound = new Map<string, Bound>()
  const permits = new Map<string, Checked>()

  function onStep({ order: id, type }: Extract<Command, { type: 'order.start' | 'order.finish' }>): Refusal | [] {
    const order = bound.get(id)
    // Finished at once is begun, too.
    if (!order || (order.isBegun && type === 'order.finish')) return []
    const isPermitted = [...permits.values()].some(({ asset }) => order.assets.includes(asset))
    return isPermitted ? [] : refuse('permit_needed', { order: id, asset: order.assets[0] ?? '' })
  }

  return {
    name: 'work-permits',
    version: 1,
    decide(input): readonly Draft[] | Refusal {
      return input.type === 'order.start' || input.type === 'order.finish' ? onStep(input) : []
    },
    apply(event: Event) {
      switch (event.type) {
        case 'notice.scheduled': {
          const { workOrder: order, work, assets } = event
          if (order !== undefined && IN_CONFINED_SPACE.has(work)) bound.set(order, { order, assets, isBegun: false })
          return
        }
        case 'order.started': {
          const order = bound.get(event.order)
          if (order) bound.set(event.order, { ...order, isBegun: true })
          return
        }
        case 'order.closed':
          bound.delete(event.order)
          return
        case 'permit.opened':
          if (event.checks) permits.set(event.permit, { permit: event.permit, asset: event.asset })
          return
        case 'permit.closed':
          permits.delete(event.permit)
          return
        default:
      }
    },
    due: () => null,
    snapshot: () => ({ bound: [...bound.values()], permits: [...permits.values()] }) as unknown as Json,
    restore(state) {
      const stored = state as unknown as State
      bound.clear()
      permits.clear()
      for (const each of stored.bound) bound.set(each.order, each)
      for (const each of stored.permits) permits.set(each.permit, each)
    },
  }
}
