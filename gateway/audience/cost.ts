import type { HomeWays } from '#rules/reach/events.ts'
import type { NoticeText } from '../notice-text.ts'
import type { Language } from '../texts.ts'
import type { PersonalChannel } from './audience.ts'

/** A text message holds 70 characters, or 67 in each of several parts. */
const ONE_PART = 70
const OF_SEVERAL = 67
/** What stands before the text: the signature in its brackets. */
const SIGNATURE = 8

export type Price = Readonly<{ messages: number; parts: number; cost: number }>

export function partsOf(characters: number): number {
  return characters <= ONE_PART ? 1 : Math.ceil(characters / OF_SEVERAL)
}

/** What the first messages cost: only text messages are paid, by their parts; in hundredths of a yuan. */
export function priceOf(
  homes: readonly HomeWays[],
  channels: readonly PersonalChannel[],
  texts: Readonly<Record<Language, NoticeText>>,
  { partPrice, languageOf }: Readonly<{ partPrice: number; languageOf(contact: string): Language }>,
): Price {
  const paid = new Set(channels.filter(({ road }) => road === 'phone').map(({ id }) => id))
  const parts = Object.fromEntries(
    Object.entries(texts).map(([language, { title, body }]) => [
      language,
      partsOf(SIGNATURE + title.length + body.length),
    ]),
  )
  const price = { messages: 0, parts: 0, cost: 0 }
  for (const { ways } of homes) {
    const [way] = ways
    if (!way) continue
    price.messages++
    const [contact, channel] = way
    if (!paid.has(channel)) continue
    const count = parts[languageOf(contact)] ?? 1
    price.parts += count
    price.cost += count * partPrice
  }
  return price
}
