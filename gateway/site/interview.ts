import type { Params, Said } from '#devices/fault.ts'
import type { TextKey } from '../texts.ts'
import { isTimeZone } from './compile.ts'

/** What a newcomer knows of an estate before anything is connected. */
export type Answers = Readonly<{
  id: string
  name: Readonly<{ 'zh-CN': string; en: string }>
  timeZone: string
  buildings: number
  floors: number
  homesPerFloor: number
  /** Host of one Modbus TCP pump controller; null for none. */
  pumpHost: string | null
  mqtt: boolean
}>

/** Puts one question; resolves with what was written, empty for the default. */
export type Ask = (question: TextKey, otherwise: string) => Promise<string>
type Refuse = (key: TextKey, said: Said) => void

export function defaultAnswers(id: string, timeZone: string): Answers {
  return {
    id: SITE_ID.test(id) ? id : 'estate',
    name: { 'zh-CN': '我的小区', en: 'My estate' },
    timeZone,
    buildings: 2,
    floors: 18,
    homesPerFloor: 4,
    pumpHost: null,
    mqtt: false,
  }
}

const SITE_ID = /^[a-z0-9][a-z0-9-]{0,63}$/
const HOST = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/
const [YES, NO] = [/^(?:y|yes|是|有)$/i, /^(?:n|no|否|无)$/i]

/** The few questions of a first run, one after the other; a wrong answer is asked for again, with words. */
export async function interview(defaults: Answers, ask: Ask, refuse: Refuse): Promise<Answers> {
  async function answer<T>(key: TextKey, otherwise: string, read: (text: string) => T | Said): Promise<T> {
    for (;;) {
      const value = read((await ask(key, otherwise)).trim() || otherwise)
      if (!isSaid(value)) return value
      refuse(key, value)
    }
  }
  const text = (key: TextKey, otherwise: string) => answer(key, otherwise, (said) => said)
  const count = (key: TextKey, otherwise: number, most: number) =>
    answer(key, String(otherwise), (said) =>
      /^\d{1,4}$/.test(said) && Number(said) >= 1 && Number(said) <= most
        ? Number(said)
        : notAllowed(said, `1…${most}`),
    )

  return {
    id: await answer('init.id', defaults.id, (said) => (SITE_ID.test(said) ? said : notAllowed(said, 'a-z 0-9 -'))),
    name: {
      'zh-CN': await text('init.name_zh', defaults.name['zh-CN']),
      en: await text('init.name_en', defaults.name.en),
    },
    timeZone: await answer<string>('init.time_zone', defaults.timeZone, (said) =>
      isTimeZone(said as unknown) ? said : { code: 'bad_time_zone', params: { id: said } },
    ),
    buildings: await count('init.buildings', defaults.buildings, 99),
    floors: await count('init.floors', defaults.floors, 200),
    homesPerFloor: await count('init.homes', defaults.homesPerFloor, 99),
    pumpHost: await answer('init.pump', defaults.pumpHost ?? 'no', (said) =>
      NO.test(said) ? null : HOST.test(said) && !YES.test(said) ? said : notAllowed(said, '192.168.10.21, no'),
    ),
    mqtt: await answer('init.mqtt', defaults.mqtt ? 'yes' : 'no', (said) =>
      YES.test(said) ? true : NO.test(said) ? false : notAllowed(said, 'yes, no'),
    ),
  }
}

function notAllowed(key: string, allowed: string): Said {
  return { code: 'not_allowed_value', params: { key, allowed } satisfies Params }
}

function isSaid(value: unknown): value is Said {
  return typeof value === 'object' && value !== null && 'code' in value
}
