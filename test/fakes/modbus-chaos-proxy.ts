import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What befalls a write on its way: `passes`; `replyLost` reaches the unit and its answer is swallowed; `requestLost` is
 * swallowed before the unit; `darkness` reaches the unit, and nothing of it is ever heard again.
 */
export type Fate = 'passes' | 'replyLost' | 'requestLost' | 'darkness'

/** Stands before a Modbus TCP unit, counts the writes that are sent to it, and loses what it is told to lose. */
export class ModbusChaosProxy {
  fate: Fate = 'passes'
  port = 0
  /** Writes that the gateway put on the wire. */
  writes = 0
  /** Called for each of them, before it goes on. */
  onWrite = (): void => {}
  #isDark = false
  #held: (() => void)[] | null = null
  readonly #sockets = new Set<Socket>()
  readonly #target: number
  readonly #server = createServer((near) => this.#serve(near))

  constructor(target: number) {
    this.#target = target
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
    return this
  }

  async stop(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  /** There is light again. */
  heal(): void {
    this.fate = 'passes'
    this.#isDark = false
  }

  /** Answers wait from now on, until the returned function lets them go. */
  hold(): () => void {
    this.#held = []
    return () => {
      const waiting = this.#held ?? []
      this.#held = null
      for (const go of waiting) go()
    }
  }

  get isHolding(): boolean {
    return (this.#held?.length ?? 0) > 0
  }

  #serve(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1')
    const lost = new Set<number>()
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    eachFrame(near, (frame) => {
      if (frame[7]! > 4) {
        this.writes++
        this.onWrite()
        if (this.fate === 'requestLost') return
        if (this.fate === 'replyLost') lost.add(frame.readUInt16BE(0))
        this.#isDark ||= this.fate === 'darkness'
      } else if (this.#isDark) return
      far.write(frame)
    })
    eachFrame(far, (frame) => {
      if (this.#isDark || lost.has(frame.readUInt16BE(0))) return
      const go = () => void (near.writable && near.write(frame))
      if (this.#held) this.#held.push(go)
      else go()
    })
  }
}

function eachFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.setNoDelay()
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 6 && pending.length >= 6 + pending.readUInt16BE(4)) {
      const end = 6 + pending.readUInt16BE(4)
      take(Buffer.from(pending.subarray(0, end)))
      pending = pending.subarray(end)
    }
  })
}
