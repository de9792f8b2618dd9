import type { Channel, Message } from '../channels/channel.ts'
import { inAllLanguages, LANGUAGES } from '../texts.ts'

/** Several notices in one message to a group: each with its title and its text, none shortened. */
export function digestOf(messages: readonly Message[]): Message {
  const [first] = messages
  if (!first || messages.length === 1) return first!
  const titles = inAllLanguages('notice.digest', { count: messages.length })
  const bodies = LANGUAGES.map((language) => [
    language,
    messages.map(({ texts }) => `${texts[language].title}: ${texts[language].body}`).join('\n'),
  ])
  const texts = Object.fromEntries(
    LANGUAGES.map((language, i) => [language, { title: titles[language], body: bodies[i]![1]! }]),
  ) as Message['texts']
  return {
    ...first,
    homes: [...new Set(messages.flatMap(({ homes }) => homes))],
    alarmIds: [...new Set(messages.flatMap(({ alarmIds }) => alarmIds))],
    texts,
  }
}

/** As many of the first messages as one message of this channel can carry; at least one. */
export function gathered<T extends Readonly<{ message: Message }>>(
  channel: Channel,
  waiting: readonly T[],
): readonly T[] {
  let most = 1
  while (most < waiting.length && channel.fits?.(digestOf(waiting.slice(0, most + 1).map(({ message }) => message))))
    most++
  return waiting.slice(0, most)
}
