import { parentPort } from 'node:worker_threads'
import { type Codec, CodecError, type CodecFailure, codecSandbox } from './codec-sandbox.ts'

/** `text` comes with the first payload for a codec. */
export type Job = Readonly<{
  id: number
  codec: number
  text?: string
  bytes: Uint8Array
  port: number
  receivedAt: number
}>
export type Answer = Readonly<
  { id: number; data: Readonly<Record<string, unknown>> } | { id: number; failure: CodecFailure; detail: string }
>

const sandbox = await codecSandbox()
const codecs = new Map<number, Codec | CodecError>()

parentPort!.on('message', (job: Job) => parentPort!.postMessage(answerOf(job)))
parentPort!.postMessage('ready')

function answerOf({ id, codec: number, text, bytes, port, receivedAt }: Job): Answer {
  try {
    if (text !== undefined) codecs.set(number, opened(text))
    const codec = codecs.get(number)!
    if (codec instanceof CodecError) throw codec
    return { id, data: codec.decode(bytes, port, receivedAt) }
  } catch (error) {
    // The engine itself failed: not known in what state it is.
    if (!(error instanceof CodecError)) throw error
    return { id, failure: error.failure, detail: error.message }
  }
}

function opened(text: string): Codec | CodecError {
  try {
    return sandbox.open(text)
  } catch (error) {
    if (error instanceof CodecError) return error
    throw error
  }
}
