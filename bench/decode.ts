import { readFileSync } from 'node:fs'
import { decoderOf } from '#devices/layout-decoder.ts'
import { parametersOf, payloadReader } from '#devices/payload.ts'
import { readProfile } from '#devices/profile.ts'
import { codecRoom } from '#ingest/lorawan/codec-room.ts'
import { codecSandbox } from '#ingest/lorawan/codec-sandbox.ts'
import { type Figure, percentile } from './figure.ts'

const RUNS = 9
const COUNT = 50_000
/** Written as vendors write theirs. */
const CODEC = `
function decodeUplink(input) {
  var data = {};
  for (var i = 0; i < input.bytes.length; ) {
    var channel = input.bytes[i++], type = input.bytes[i++];
    if (channel === 0x01 && type === 0x75) { data.battery = input.bytes[i]; i += 1; }
    else if (channel === 0x03 && type === 0x82) { data.distance = (input.bytes[i + 1] << 8) + input.bytes[i]; i += 2; }
    else if (channel === 0x04 && type === 0x00) { data.position = input.bytes[i] === 0 ? 'normal' : 'tilt'; i += 1; }
    else break;
  }
  return { data: data };
}`

/** Payloads of a bin sensor → the values of its points: by layout, and by a codec in the sandbox. */
export async function benchDecode(): Promise<Figure[]> {
  const file = 'devices/profiles/bin/milesight-em310-udl.yaml'
  const profile = readProfile(readFileSync(file, 'utf8'), file).profile!
  const payloads = Array.from({ length: 256 }, (_, i) => Buffer.from([1, 0x75, i & 63, 3, 0x82, i, 3, 4, 0, i & 1]))
  const decode = decoderOf(profile.lorawan!.layout!)
  const values = payloadReader(profile.points, { wire: 'lorawan' }, parametersOf(profile))
  const byLayout = rate(COUNT * 10, (i) => decode(payloads[i & 255]!, 85))
  const toPoints = rate(COUNT * 10, (i) => values(decode(payloads[i & 255]!, 85)))
  const codec = (await codecSandbox()).open(CODEC)
  const inSandbox = rate(COUNT, (i) => codec.decode(payloads[i & 255]!, 85, 0))
  codec.close()
  const throughThread = await rateThroughThread(payloads)
  const peer = 'codec in the sandbox'
  return [
    {
      name: 'payload by layout',
      value: Math.round(byLayout),
      unit: '/s',
      goal: '≥ 500,000',
      peer,
      ratio: byLayout / inSandbox,
    },
    {
      name: '… to the values of its points',
      value: Math.round(toPoints),
      unit: '/s',
      peer,
      ratio: toPoints / inSandbox,
    },
    { name: 'payload by codec in the sandbox', value: Math.round(inSandbox), unit: '/s', goal: '≥ 50,000' },
    {
      name: '… through its thread, 100 under way',
      value: Math.round(throughThread),
      unit: '/s',
      peer,
      ratio: throughThread / inSandbox,
    },
  ]
}

function rate(count: number, decode: (i: number) => unknown): number {
  const rates = Array.from({ length: RUNS }, () => {
    const startedAt = performance.now()
    for (let i = 0; i < count; i++) decode(i)
    return count / ((performance.now() - startedAt) / 1_000)
  })
  return percentile(rates, 0.5)
}

async function rateThroughThread(payloads: readonly Uint8Array[]): Promise<number> {
  const room = codecRoom(() => performance.now())
  const ask = (i: number) => room.decode('d', CODEC, payloads[i & 255]!, 85, 0)
  await ask(0)
  const startedAt = performance.now()
  const line = async (from: number) => {
    for (let i = from; i < COUNT; i += 100) await ask(i)
  }
  await Promise.all(Array.from({ length: 100 }, (_, from) => line(from)))
  const took = performance.now() - startedAt
  await room.rest()
  return COUNT / (took / 1_000)
}
