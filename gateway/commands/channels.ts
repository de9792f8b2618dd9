import { Fault } from '#devices/fault.ts'
import { askToTestChannel } from '../control.ts'
import { type Edge, EXIT_FAILED } from './edge.ts'
import { dataFolder } from './folder.ts'

export type ChannelTestOptions = Readonly<{ to?: string; data?: string }>

/** Has the running gateway send one message by a channel, and says what the provider answered, in its own words. */
export async function testChannelOf(edge: Edge, channel: string, options: ChannelTestOptions): Promise<number> {
  const folder = dataFolder(edge, options.data)
  const test = await askToTestChannel(folder, channel, options.to ?? null)
  if (!test) throw new Fault('not_running', { folder })
  const { outcome, reason, said, tookMs, parts } = test
  const isGood = outcome === 'delivered' || outcome === 'accepted'
  const billed = parts === null ? '' : `, ${parts} ${parts === 1 ? 'part' : 'parts'}`
  const line = `${channel}: ${outcome}${reason === null ? '' : ` (${reason})`} after ${tookMs} ms${billed}`
  if (isGood) edge.out(line)
  else edge.error(line)
  if (said !== null) edge.out(`the provider says: ${said}`)
  return isGood ? 0 : EXIT_FAILED
}
