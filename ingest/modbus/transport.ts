/** `bad_frame`: bytes came that cannot be the answer. */
export type Failure = Readonly<{
  kind: 'failed'
  reason: 'no_response' | 'connection_lost' | 'bad_frame'
  detail: string
  /** Of a bad frame: whether it was none, or somebody else's. */
  outcome?: 'garbled' | 'foreign'
}>

/** `abandoned`: not this request's fault, the road was given up because of another one. */
export type Answer = Readonly<{ kind: 'answer'; pdu: Buffer }> | Failure | Readonly<{ kind: 'abandoned' }>

/**
 * A road for PDUs. An answer is handed out only when it is proven to be the one to this request, as far as the road
 * can prove it. After a doubt that it cannot settle the transport closes itself: there is no repairing.
 */
export type Transport = Readonly<{
  /** Never rejects. */
  request(unitId: number, pdu: Buffer): Promise<Answer>
  isOpen(): boolean
  end(): void
}>
