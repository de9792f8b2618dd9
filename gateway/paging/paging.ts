import type { Random } from '#devices/clock.ts'
import type { TaskLinks } from '../access/task-links.ts'
import type { Command } from '#rules/command.ts'
import type { CommandAnswer } from '../answer-book.ts'
import type { Channel } from '../channels/channel.ts'
import type { Site } from '../site/site.ts'
import { type PageAnswers, pageAnswers } from './answers.ts'
import { cardRoad } from './card.ts'
import type { ContactOf } from './road.ts'
import type { PrivateStore } from '../private/private-store.ts'
import { pageSender, type PageSender, type PageSenderOptions } from './sender.ts'
import { smsRoad } from './sms.ts'
import { sounderRoad } from './sounder.ts'
import { voiceRoad } from './voice.ts'

type Options = Omit<PageSenderOptions, 'site' | 'roads' | 'link' | 'command' | 'contactOf'> &
  Readonly<{
    site: Pick<Site, 'id' | 'plan' | 'paging'>
    secrets: Pick<PrivateStore, 'get'>
    taskLinks?: Pick<TaskLinks, 'create'>
    command(command: Command): Promise<CommandAnswer>
    wallNow(): number
    /** A channel of the site, past the queue of notices and within its account's count. */
    urgent(channel: string): Pick<Channel, 'send'> | null
    random: Pick<Random, 'token'>
  }>
export type Paging = PageSender &
  Readonly<{
    answers: PageAnswers
    /** How many people no road led to in the last hour, as far as this run knows. */
    unreached(): number
  }>

const UNREACHED_FOR_MS = 3_600_000

/** Who is called, and what they answer: the roads that the site has, one line each. */
export function startPaging(options: Options): Paging {
  const { site, wallNow, random, secrets, read, command, log } = options
  const { sounder, voice, card: cardConfig, sms, link = null } = site.paging ?? {}
  const card = cardConfig && cardRoad(cardConfig, { wallNow })
  const texts = sms === undefined ? null : options.urgent(sms)
  const roads = [
    sounder && sounderRoad(sounder),
    voice && voiceRoad(voice, { wallNow, nonce: () => random.token() }),
    card,
    texts && smsRoad(texts),
  ].filter((road) => road !== undefined && road !== null)
  const contactOf: ContactOf = (person) => {
    const doc = secrets.get('staff', person)?.doc
    return doc ? { phone: doc.phone, wecom: doc.wecom ?? null } : null
  }
  const leaving = new AbortController()
  const answers = pageAnswers({
    card: cardConfig?.callback ? { ...cardConfig.callback, corp_id: cardConfig.corp_id } : null,
    voiceToken: voice?.report_token ?? null,
    contactOf,
    pageOf: (id) => read.get('pages', id),
    command,
    wallNow,
    stale: (byMs) => log('warn', 'an answer from WeCom is of another time: is the clock right?', { byMs }),
    // Only what the card looks like: who accepted stands in the journal.
    replaceButtons: (code, text) =>
      void card?.replaceButtons(code, text, leaving.signal).then(
        (delivery) => delivery.outcome !== 'delivered' && log('warn', 'a card keeps its buttons', delivery),
        () => {},
      ),
  })
  const linkFor = options.taskLinks && ((task: string, person: string) => options.taskLinks!.create({ task, person }))
  const sender = pageSender({ ...options, contactOf, roads, link, ...(linkFor ? { linkFor } : {}) })
  let unreachedAt: number[] = []
  return {
    ...sender,
    answers,
    committed(events) {
      sender.committed(events)
      for (const { type, at } of events) if (type === 'page.unreached') unreachedAt.push(at)
    },
    unreached() {
      unreachedAt = unreachedAt.filter((at) => at > options.clock.now() - UNREACHED_FOR_MS)
      return unreachedAt.length
    },
    async run(signal) {
      await sender.run(signal)
      leaving.abort()
    },
  }
}
