import { Temporal } from 'temporal-polyfill'
import { addressKey, Throttle, tooMany } from '../access/throttle.ts'
import type { PersonalChannel } from '../audience/audience.ts'
import { personalChannels } from '../audience/personal-channels.ts'
import type { Channel, Message } from '../channels/channel.ts'
import type { Contact, Register } from '../households/register.ts'
import { normalPhone } from '../private/phone.ts'
import type { Site } from '../site/site.ts'
import { inAllLanguages, LANGUAGES } from '../texts.ts'
import type { ResidentCodes, Visit } from './codes.ts'

const FREE_PER_ADDRESS = 10
/** A template of a provider that may speak of nothing but a code. */
const KIND = 'sign-in'

type Parts = Readonly<{
  site: Site
  codes: ResidentCodes
  register: Pick<Register, 'roll' | 'get' | 'findByPhone' | 'addressOf'>
  sending: Readonly<{ urgent(channel: string): Pick<Channel, 'send'> | null }>
  clock: Readonly<{ now(): number; wallOffsetMs(): number; speed: number; delay(ms: number, run: () => void): unknown }>
  log(level: 'info' | 'warn', message: string, fields: object): void
}>
type Given = Readonly<{ phone: string; challenge: string; code: string }>

/**
 * Coming in by the telephone number that the estate knows. Whoever asks learns nothing: a number that nobody here has
 * gets the same answer after the same work, and what differs is done when the answer has gone.
 */
export class ResidentSignIn {
  readonly #parts: Parts
  readonly #asking: Throttle
  readonly #trying: Throttle
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<void>>()

  constructor(parts: Parts) {
    this.#parts = parts
    const realMs = () => parts.clock.now() / parts.clock.speed
    this.#asking = new Throttle(FREE_PER_ADDRESS, realMs)
    this.#trying = new Throttle(FREE_PER_ADDRESS, realMs)
  }

  /** Whether the site has a way to bring a code to a person. */
  isOpen(): boolean {
    return this.#parts.site.notices.codesPerDay > 0 && channelsFor(this.#parts.site).length > 0
  }

  /** The challenge that goes with the code; null for what is no number. Throws `too_many_attempts`. */
  ask(phone: string, address: string): string | null {
    const { codes, clock } = this.#parts
    demand(this.#asking, address)
    if (normalPhone(phone) === null) return null
    const asked = codes.ask(phone, clock.now())
    if ('waitMs' in asked) throw tooMany(asked.waitMs)
    const { challenge, code } = asked
    clock.delay(0, () => this.#start(this.#bring(phone, challenge, code)))
    return challenge
  }

  /** What goes into the cookie; null when it is not the code. Throws `too_many_attempts`. */
  enter(given: Given, address: string): string | null {
    const { codes, clock } = this.#parts
    demand(this.#trying, address)
    const isRight = codes.isRight(given, clock.now())
    const contacts = isRight ? this.#knownBy(given.phone) : []
    if (contacts.length === 0) return null
    this.#trying.takeBack(addressKey(address))
    return codes.begin(
      given.phone,
      contacts.map(({ id }) => id),
      clock.now(),
    )
  }

  /** Whose visit it is, and which homes it may see today: who moved out, or has another number, sees none. */
  visitOf(token: string): (Visit & Readonly<{ homes: readonly string[] }>) | null {
    const { codes, register, clock } = this.#parts
    const visit = codes.visitOf(token, clock.now())
    if (!visit) return null
    const contacts = visit.contacts
      .flatMap((id) => register.get(id) ?? [])
      .filter(({ phone }) => phone !== null && codes.keyOf(phone) === visit.phone)
    const homes = contacts.filter((contact) => this.#isThere(contact)).map(({ home }) => home)
    return { ...visit, homes: [...new Set(homes)].toSorted() }
  }

  /** What is under way to a provider is waited for no longer. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'))
    await Promise.all(this.#underWay)
  }

  #knownBy(phone: string): Contact[] {
    return this.#parts.register.findByPhone(phone).filter((contact) => this.#isThere(contact))
  }

  #isThere({ home, id }: Contact): boolean {
    const { register, clock } = this.#parts
    return register
      .roll()
      .at(home, clock.now() + clock.wallOffsetMs())
      .contacts.some((contact) => contact.id === id)
  }

  #start(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.#parts.log('warn', 'a code was not sent', { error: (error as Error).name }))
      .finally(() => this.#underWay.delete(done))
    this.#underWay.add(done)
  }

  /** By the first road that takes it. Neither the number nor the code stands in a log. */
  async #bring(phone: string, challenge: string, code: string): Promise<void> {
    const { site, codes, register, sending, clock, log } = this.#parts
    const contacts = this.#knownBy(phone)
    for (const { id: channel, road } of channelsFor(site)) {
      const to = contacts.map(({ id }) => register.addressOf(id, road)?.to).find((address) => address !== undefined)
      const way = sending.urgent(channel)
      if (to === undefined || !way) continue
      if (!codes.mayPay(challenge, site.notices.codesPerDay, clock.now()))
        return log('warn', 'no more codes are sent today', { most: site.notices.codesPerDay })
      const message = messageOf(site, { code, to, id: codes.keyOf(challenge).slice(0, 16), at: clock.now() })
      const { outcome } = await way.send(message, this.#stopping.signal)
      log('info', 'a code was sent', { channel, outcome })
      if (outcome !== 'failed' && outcome !== 'retry') return
    }
  }
}

/** Text messages first: the number is what was typed. A provider's template for notices can carry no code. */
function channelsFor(site: Pick<Site, 'channels'>): PersonalChannel[] {
  const withoutTemplate = new Set(
    site.channels.flatMap((channel) =>
      channel.type === 'aliyun-sms' && !channel.templates.some(({ kind }) => kind === KIND) ? [channel.id] : [],
    ),
  )
  return personalChannels(site)
    .filter(({ id }) => !withoutTemplate.has(id))
    .toSorted((a, b) => Number(b.road === 'phone') - Number(a.road === 'phone'))
}

type Content = Readonly<{ code: string; to: string; id: string; at: number }>

/** The words are always the same: nobody sends his own by our number. */
function messageOf(site: Site, { code, to, id, at }: Content): Message {
  const [titles, bodies] = [inAllLanguages('resident.code.title'), inAllLanguages('resident.code.body', { code })]
  const texts = Object.fromEntries(
    LANGUAGES.map((language) => [language, { title: titles[language], body: bodies[language] }]),
  ) as Message['texts']
  return {
    id: `code-${id}`,
    site: site.id,
    notice: KIND,
    kind: KIND,
    phase: 'published',
    homes: [],
    alarmIds: [],
    at: Temporal.Instant.fromEpochMilliseconds(at).toString(),
    trace: KIND,
    texts,
    values: { code },
    to,
  }
}

function demand(throttle: Throttle, address: string): void {
  const { waitMs } = throttle.take(addressKey(address))
  if (waitMs > 0) throw tooMany(waitMs)
}
