import type { Road } from '../households/roll.ts'
import type { Site } from '../site/site.ts'
import type { PersonalChannel } from './audience.ts'

/** Which road to a person each kind of channel takes; the others reach groups. */
const ROADS: Readonly<Record<string, Road>> = {
  'aliyun-sms': 'phone',
  'http-sms': 'phone',
  email: 'email',
}

/** The channels of a site that reach one person, in the order of its file. */
export function personalChannels({ channels }: Pick<Site, 'channels'>): PersonalChannel[] {
  return channels.flatMap(({ id, type }) => {
    const road = ROADS[type]
    return road === undefined ? [] : [{ id, road }]
  })
}
