import type { Device } from '#devices/device.ts'
import { decoderOf, isLayoutRefusal } from '#devices/layout-decoder.ts'
import { parametersOf, payloadReader } from '#devices/payload.ts'
import { type Content, readingsOf, type Refused, stampOf } from '../payload-readings.ts'
import type { CodecRoom } from './codec-room.ts'
import { CodecError } from './codec-sandbox.ts'
import type { Uplink } from './network-server.ts'

export type UplinkReader = (uplink: Uplink, receivedAt: number) => Promise<Content | Refused>

/** Made once per device: its layout is compiled, its paths are taken apart. */
export function uplinkReader(device: Device, codecs: Pick<CodecRoom, 'decode'>): UplinkReader {
  const { lorawan, points } = device.profile
  const { layout, records } = lorawan!
  const parameters = parametersOf(device.profile, device.parameters)
  const reader = payloadReader(points, { wire: 'lorawan' }, parameters)
  const decode = layout && decoderOf(layout)

  async function dataOf({ bytes, port, decoded }: Uplink, receivedAt: number): Promise<unknown> {
    if (port === null) return {}
    if (decode) return decode(bytes, port)
    if (lorawan!.decoded) return decoded ?? { refused: 'no_frame' }
    return codecs.decode(device.id, device.codec ?? '', bytes, port, receivedAt)
  }

  return async (uplink, receivedAt) => {
    const stamp = stampOf(uplink.time, undefined, receivedAt)
    try {
      const data = await dataOf(uplink, receivedAt)
      if (typeof data === 'object' && data !== null && isLayoutRefusal(data as Readonly<Record<string, unknown>>))
        return { refused: 'malformed', detail: `nothing known on port ${uplink.port}: ${hexOf(uplink.bytes)}` }
      const said = readingsOf(data, stamp, { device, reader, records, receivedAt, radio: uplink.radio })
      return { ...said, sequence: uplink.sequence, stampedAt: stamp.stampedAt, identity: uplink.bytes }
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      return { refused: 'codec_failed', detail: `${error.failure}: ${error.message} (${hexOf(uplink.bytes)})` }
    }
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
