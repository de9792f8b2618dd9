import type { Command } from '#rules/command.ts'
import { phaseOf } from '#rules/reach/book.ts'
import type { SiteClock } from '../clock.ts'
import type { Register } from '../households/register.ts'
import { newNap } from '../outbox/nap.ts'
import type { Site } from '../site/site.ts'
import type { MessagePhase, NoticeDocument } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import type { Unaddressed } from '../store/reach-rows.ts'
import { personalChannels } from './personal-channels.ts'
import type { Resolve } from './resolution.ts'

export type AddressingOptions = Readonly<{
  site: Site
  register: Pick<Register, 'roll'>
  resolve: Resolve
  read: Pick<Store['read'], 'unaddressed' | 'get' | 'list' | 'eventsAfter'>
  command(command: Command): Promise<unknown>
  clock: Pick<SiteClock, 'delay'>
  log(level: 'info' | 'warn' | 'error', message: string, fields?: object): void
}>
export type Addressing = Readonly<{ run(signal: AbortSignal): Promise<void>; nudge(): void }>

const IDLE_MS = 60_000
const MOST_OPEN = 200

/**
 * Reads the journal for those who are to be told: each event of a notice that begins something for homes gets its
 * recipients, once, by a command whose id is made of the event's place. A restart says the same again, to no effect;
 * what nobody addressed is caught up.
 */
export function addressing(options: AddressingOptions): Addressing {
  const { site, register, read, clock, log } = options
  const nap = newNap(clock.delay)
  return {
    nudge: () => nap.nudge(),
    async run(signal) {
      while (!signal.aborted) {
        try {
          // Where nobody can be written to, or nobody is known, there is nothing to resolve.
          if (personalChannels(site).length > 0 && register.roll().size > 0)
            for (const wanted of await read.unaddressed())
              // One that cannot be addressed must not keep the others from being told.
              await address(options, wanted).catch((error: Error) =>
                log('error', 'a notice is not addressed yet', { notice: wanted.notice, error: error.message }),
              )
        } catch (error) {
          if (signal.aborted) return
          log('error', 'residents are not addressed yet', { error: (error as Error).message })
        }
        await nap.rest(IDLE_MS, signal)
      }
    },
  }
}

async function address(
  { read, command, resolve }: AddressingOptions,
  { notice: id, cause }: Unaddressed,
): Promise<void> {
  const [event] = await read.eventsAfter(cause - 1, 1)
  const notice = await read.get('notices', id)
  const phase = event && (event.type === 'notice.merged' ? 'scheduled' : phaseOf(event))
  if (!event || !notice || !phase || !('homes' in event)) return
  const { items: open } = await read.list('notices', { state: 'open', limit: MOST_OPEN })
  const others = (open as readonly NoticeDocument[]).filter((other) => other.id !== id)
  const isNow = 'ring' in event && event.ring === 'now'
  const homes = event.homes.filter((home): home is string => typeof home === 'string')
  const { homes: told, informed, price } = resolve(notice, { homes, open: others, phase: phase as MessagePhase, isNow })
  await command({
    type: 'notice.address',
    notice: id,
    phase,
    cause,
    homes: told,
    informed: informed.length,
    ...(informed.length > 0 ? { informedHomes: informed } : {}),
    cost: price.cost,
    id: `address:${cause}`,
    actor: 'audience',
  })
}
