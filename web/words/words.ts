import { type ReadonlySignal, signal } from '@preact/signals'
import type en from '#texts/en.json'
import type alarms from '#texts/alarms/en.json'
import type brokers from '#texts/brokers/en.json'
import type orders from '#texts/orders/en.json'
import type opcua from '#texts/opcua/en.json'
import type channels from '#texts/channels/en.json'
import type fieldBus from '#texts/field-bus/en.json'
import type households from '#texts/households/en.json'
import type notices from '#texts/notices/en.json'
import type roster from '#texts/roster/en.json'
import type supervision from '#texts/supervision/en.json'
import type { Both, Language, Params, Value } from '../api/types.ts'
import { type Formats, formatsOf } from './format.ts'
import { recall, remember } from './memory.ts'

export type TextKey = Extract<
  | keyof typeof en
  | keyof typeof alarms
  | keyof typeof brokers
  | keyof typeof channels
  | keyof typeof fieldBus
  | keyof typeof households
  | keyof typeof notices
  | keyof typeof opcua
  | keyof typeof orders
  | keyof typeof roster
  | keyof typeof supervision,
  `web.${string}`
>
type Catalogue = Readonly<Partial<Record<TextKey, string>>>
/** How the sentences of each language are loaded. */
export type Sentences = Readonly<Record<Language, () => Promise<Catalogue>>>

export const LANGUAGES = ['zh-CN', 'en'] as const satisfies readonly Language[]
const KEPT_AS = 'caretaker.language'

/** Only the language that is read is loaded. */
const FIRST: Sentences = {
  'zh-CN': async () => (await import('#texts/zh-CN.json')).default,
  en: async () => (await import('#texts/en.json')).default,
}

/** The sentences of the chosen language, and how it writes times and numbers. Reading one subscribes a component. */
export type Words = Readonly<{
  language: ReadonlySignal<Language>
  choose(language: Language): Promise<void>
  /** Sentences of a screen that is loaded apart, from now on in whichever language is read. */
  add(sentences: Sentences): Promise<void>
  /** Times are shown as the site's people live them. */
  useTimeZone(zone: string): void
  say(key: TextKey, params?: Params): string
  /** The sentence of a code that comes from outside, or the code itself where there is none. */
  sayCode(family: string, code: string, params?: Params): string
  of(text: Both | null | undefined): string
  figure(value: Value, unit: string | null): string
  format: Formats
}>

export async function openWords(): Promise<Words> {
  const first = chosenLanguage()
  const parts = [FIRST]
  const load = async (language: Language): Promise<Catalogue> =>
    Object.assign({}, ...(await Promise.all(parts.map((part) => part[language]()))))
  const state = signal({ language: first, catalogue: await load(first) })
  const language = signal(first)
  const timeZone = signal('UTC')
  document.documentElement.lang = first
  const format = formatsOf(language, timeZone)
  const added = new Map<Sentences, Promise<void>>()
  /** Beside whatever else is being added; who asks a second time waits for the first. */
  async function addPart(sentences: Sentences): Promise<void> {
    parts.push(sentences)
    const { language: read } = state.peek()
    const more = await sentences[read]()
    const { language: now, catalogue } = state.peek()
    if (now === read) state.value = { language: read, catalogue: { ...catalogue, ...more } }
  }
  const lookUp = (key: string): string | undefined => {
    const { catalogue } = state.value
    return Object.hasOwn(catalogue, key) ? catalogue[key as TextKey] : undefined
  }

  return {
    language,
    async choose(next) {
      const catalogue = await load(next)
      state.value = { language: next, catalogue }
      language.value = next
      document.documentElement.lang = next
      remember(KEPT_AS, next)
    },
    add(sentences) {
      const adding = added.get(sentences) ?? addPart(sentences)
      added.set(sentences, adding)
      return adding
    },
    useTimeZone(zone) {
      timeZone.value = zone
    },
    say: (key, params = {}) => fill(lookUp(key) ?? key, params),
    sayCode: (family, code, params = {}) => fill(lookUp(`web.${family}.${code}`) ?? code, params),
    of: (text) => (text ? (text[language.value] ?? text.en) : ''),
    figure(value, unit) {
      if (typeof value === 'number') return unit ? `${format.number(value)} ${unit}` : format.number(value)
      return lookUp(`web.value.${value}`) ?? String(value)
    },
    format,
  }
}

function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => (Object.hasOwn(params, name) ? String(params[name]) : ''))
}

function chosenLanguage(): Language {
  const kept = recall(KEPT_AS)
  const wishes = [kept ?? '', ...navigator.languages]
  const found = wishes.map((wish) => LANGUAGES.find((each) => each.slice(0, 2) === wish.slice(0, 2).toLowerCase()))
  return found.find((each) => each !== undefined) ?? 'en'
}
