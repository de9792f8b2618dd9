import { newQuickJSWASMModuleFromVariant, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten-core'
import { parseStrict } from '../strict-json.ts'

/** Why a codec gave no values. `over_limit`: its work, memory, depth or answer was more than a payload can need. */
export type CodecFailure = 'not_a_codec' | 'refused' | 'over_limit' | 'bad_answer'

export class CodecError extends Error {
  readonly failure: CodecFailure
  constructor(failure: CodecFailure, detail: string) {
    super(detail.slice(0, MAX_DETAIL))
    this.name = 'CodecError'
    this.failure = failure
  }
}

export type Codec = Readonly<{
  /** `data` of the codec's answer. Throws a CodecError; afterwards the codec may be asked again. */
  decode(bytes: Uint8Array, port: number, receivedAt: number): Readonly<Record<string, unknown>>
  close(): void
}>

export type Sandbox = Readonly<{ open(text: string): Codec }>

/**
 * Work is counted, not timed, so that a busy machine refuses nothing: QuickJS asks once for every 10,000 steps of its
 * interpreter or of a regular expression. A large vendor codec needs less than one of these.
 */
const MAX_POLLS = 200
const MAX_MEMORY = 8 * 1_048_576
const MAX_STACK = 256 * 1_024
const MAX_ANSWER = 65_536
const MAX_DETAIL = 200

/** What vendors expect to be there besides the language itself, and nothing else: no network, no files, no host. */
const BEFORE = `
  var module = { exports: {} }, exports = module.exports;
  var console = { log() {}, info() {}, warn() {}, error() {}, debug() {} };
`

/**
 * Runs after the codec's own text. What all objects share is frozen then: a codec may bring a polyfill, but no payload
 * changes what the next one meets.
 */
const AFTER = `(() => {
  const decode = typeof decodeUplink === 'function' ? decodeUplink : module.exports.decodeUplink;
  if (typeof decode !== 'function') throw new TypeError('there is no function decodeUplink');
  const { parse, stringify } = JSON;
  const RealDate = Date;
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const shared = globalThis[name];
    if (typeof shared !== 'function' || !shared.prototype || !/^[A-Z]/.test(name)) continue;
    Object.freeze(shared.prototype);
    Object.freeze(shared);
  }
  for (const shared of [JSON, Math, Reflect]) Object.freeze(shared);
  return (text) => {
    const input = parse(text);
    input.recvTime = new RealDate(input.recvTime);
    const answer = decode(input);
    if (answer && answer.errors && answer.errors.length > 0) throw new Error(String(answer.errors[0]));
    return stringify(answer && answer.data);
  };
})()`

/**
 * QuickJS in WebAssembly: an interpreter of its own, that has nothing but what is put into it. About 15 ms to load.
 * A single built-in call may still take seconds (joining a huge array): who may not wait runs it in `codec-worker.ts`.
 */
export async function codecSandbox(): Promise<Sandbox> {
  const variant = await import('@jitl/quickjs-wasmfile-release-sync')
  const engine = await newQuickJSWASMModuleFromVariant(variant.default as never)

  function open(text: string): Codec {
    let opened = start(text)
    return {
      decode(bytes, port, receivedAt) {
        const input = `{"bytes":[${bytes.join()}],"fPort":${port},"recvTime":${receivedAt}}`
        let answer: string
        try {
          answer = opened.ask(input)
        } catch (error) {
          // Whatever state it is in now, the next payload meets a fresh one.
          if (error instanceof CodecError && error.failure === 'over_limit') {
            opened.close()
            opened = start(text)
          }
          throw error
        }
        return dataOf(answer)
      },
      close: () => opened.close(),
    }
  }

  function start(text: string) {
    const runtime = engine.newRuntime()
    runtime.setMemoryLimit(MAX_MEMORY)
    runtime.setMaxStackSize(MAX_STACK)
    let polls = 0
    runtime.setInterruptHandler(() => ++polls > MAX_POLLS)
    const context = runtime.newContext()
    const run = (source: string, name: string): QuickJSHandle => {
      polls = 0
      return valueOf(context, context.evalCode(source, name), () => polls > MAX_POLLS)
    }
    const close = () => {
      context.dispose()
      runtime.dispose()
    }
    let call: QuickJSHandle
    try {
      run(BEFORE, 'before.js').dispose()
      run(text, 'codec.js').dispose()
      call = run(AFTER, 'after.js')
    } catch (error) {
      close()
      if (error instanceof CodecError && error.failure === 'refused') throw new CodecError('not_a_codec', error.message)
      throw error
    }
    return {
      ask(input: string): string {
        polls = 0
        const argument = context.newString(input)
        const answered = context.callFunction(call, context.undefined, argument)
        argument.dispose()
        const handle = valueOf(context, answered, () => polls > MAX_POLLS)
        const said = context.typeof(handle) === 'string' ? context.getString(handle) : ''
        handle.dispose()
        return said
      },
      close() {
        call.dispose()
        close()
      },
    }
  }

  return { open }
}

function valueOf(
  context: QuickJSContext,
  result: ReturnType<QuickJSContext['evalCode']>,
  wasInterrupted: () => boolean,
): QuickJSHandle {
  if (!result.error) return result.value
  const detail = detailOf(context, result.error)
  result.error.dispose()
  const isLimit = wasInterrupted() || detail.startsWith('InternalError')
  throw new CodecError(isLimit ? 'over_limit' : 'refused', isLimit && wasInterrupted() ? 'it does not end' : detail)
}

function detailOf(context: QuickJSContext, error: QuickJSHandle): string {
  try {
    const said: unknown = context.dump(error)
    if (typeof said !== 'object' || said === null) return String(said)
    const { name = 'Error', message = '' } = said as { name?: unknown; message?: unknown }
    return `${String(name)}: ${String(message)}`
  } catch {
    return 'InternalError: it failed and cannot say why'
  }
}

function dataOf(answer: string): Readonly<Record<string, unknown>> {
  if (answer.length > MAX_ANSWER) throw new CodecError('over_limit', `an answer of ${answer.length} characters`)
  if (!answer.startsWith('{')) throw new CodecError('bad_answer', 'its data is no object')
  const data = parseStrict(answer)
  if (data === undefined) throw new CodecError('bad_answer', 'its data is too deep, or holds a key __proto__')
  return data as Record<string, unknown>
}
