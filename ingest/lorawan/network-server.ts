import { type Radio, valueAt } from '#devices/payload.ts'

/** Who hands uplinks on over MQTT. */
export const NETWORK_SERVERS = ['chirpstack-v4', 'ttn-v3'] as const
export type NetworkServer = (typeof NETWORK_SERVERS)[number]

/** One uplink, whichever server handed it on. */
export type Uplink = Readonly<{
  /** 16 hex digits, small letters. */
  devEui: string
  /** Null when it carries nothing for the application. */
  port: number | null
  bytes: Uint8Array
  /** Session and frame counter: a rejoin counts from 0 again, under another address. */
  sequence: string | null
  /** As it was written. */
  time: unknown
  radio: Radio
  /** What a codec on the server made of it. */
  decoded: unknown
}>

type Envelope = Readonly<{
  /** Of the uplinks; other topics of the server are known and not read. */
  uplinks: RegExp
  others: RegExp
  paths: Readonly<Record<'devEui' | 'port' | 'data' | 'counter' | 'address' | 'time' | 'reception' | 'decoded', string>>
}>

const ENVELOPES: Readonly<Record<NetworkServer, Envelope>> = {
  // https://www.chirpstack.io/docs/chirpstack/integrations/events.html (JSON marshaler)
  'chirpstack-v4': {
    uplinks: /^application\/[^/]+\/device\/([^/]+)\/event\/up$/,
    others: /^application\/[^/]+\/device\/[^/]+\/(event|state)\/[a-z]+$/,
    paths: {
      devEui: 'deviceInfo.devEui',
      port: 'fPort',
      data: 'data',
      counter: 'fCnt',
      address: 'devAddr',
      time: 'time',
      reception: 'rxInfo',
      decoded: 'object',
    },
  },
  // https://www.thethingsindustries.com/docs/the-things-stack/concepts/data-formats/
  'ttn-v3': {
    uplinks: /^v3\/[^/]+\/devices\/([^/]+)\/up$/,
    others: /^v3\/[^/]+\/(devices\/[^/]+\/(join|down\/[a-z]+|service\/data|location\/solved)|events)$/,
    paths: {
      devEui: 'end_device_ids.dev_eui',
      port: 'uplink_message.f_port',
      data: 'uplink_message.frm_payload',
      counter: 'uplink_message.f_cnt',
      address: 'end_device_ids.dev_addr',
      time: 'received_at',
      reception: 'uplink_message.rx_metadata',
      decoded: 'uplink_message.decoded_payload',
    },
  },
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** More than any LoRaWAN region allows (RP002-1.0.4). */
const MAX_BYTES = 242

/** What a topic of a network server is about; null when it is none of its topics. */
export function uplinkTopic(server: NetworkServer, topic: string): Readonly<{ device: string }> | 'other' | null {
  const { uplinks, others } = ENVELOPES[server]
  const [, device] = uplinks.exec(topic) ?? []
  return device === undefined ? (others.test(topic) ? 'other' : null) : { device }
}

/** The uplink in a parsed message; null when it is none. */
export function uplinkOf(server: NetworkServer, content: unknown): Uplink | null {
  const { paths } = ENVELOPES[server]
  const said = (key: keyof typeof paths) => valueAt(content, paths[key])
  const devEui = said('devEui')
  const data = said('data') ?? ''
  const port = said('port') ?? null
  if (typeof devEui !== 'string' || !/^[0-9a-fA-F]{16}$/.test(devEui)) return null
  if (typeof data !== 'string' || !BASE64.test(data) || data.length > (MAX_BYTES / 3) * 4 + 4) return null
  if (port !== null && !(Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 255)) return null
  const [counter, address] = [said('counter'), said('address')]
  return {
    devEui: devEui.toLowerCase(),
    port: port === null || data === '' ? null : Number(port),
    bytes: Buffer.from(data, 'base64'),
    sequence: Number.isSafeInteger(counter) ? `${typeof address === 'string' ? address : ''}/${String(counter)}` : null,
    time: said('time'),
    radio: radioOf(said('reception')),
    decoded: said('decoded'),
  }
}

/** Of all gateways that heard it, the one that heard it best. */
function radioOf(reception: unknown): Radio {
  if (!Array.isArray(reception)) return {}
  const heard = reception.flatMap((each: unknown) => {
    const [rssi, snr] = [valueAt(each, 'rssi'), valueAt(each, 'snr')]
    return typeof rssi === 'number' ? [{ rssi, ...(typeof snr === 'number' ? { snr } : {}) }] : []
  })
  return heard.reduce<Radio>((best, each) => (best.rssi === undefined || each.rssi > best.rssi ? each : best), {})
}
