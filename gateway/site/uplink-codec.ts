import type { UplinkCodec } from '#devices/example.ts'
import { CodecError, codecSandbox } from '#ingest/lorawan/codec-sandbox.ts'

/** A vendor's codec for the examples of a profile, in the sandbox that runs it later; or why it is none. */
export async function uplinkCodecOf(text: string): Promise<{ codec: UplinkCodec } | { error: string }> {
  const sandbox = await codecSandbox()
  try {
    const codec = sandbox.open(text)
    return { codec: (bytes, port) => codec.decode(bytes, port, EXAMPLE_TIME) }
  } catch (error) {
    if (error instanceof CodecError) return { error: `${error.failure}: ${error.message}` }
    throw error
  }
}

/** Examples have no time of their own: that of 2026-01-01 UTC. */
const EXAMPLE_TIME = 1_767_225_600_000
