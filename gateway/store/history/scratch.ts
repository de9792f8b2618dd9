import { ByteReader, ByteWriter } from '../bytes.ts'
import { GROUP_SIZE } from './chunk.ts'
import { Gathering } from './gathering.ts'
import { Run } from './run.ts'

/**
 * Memory in which readings are packed, again and again. New memory for each stretch would have to be collected, and where
 * the last of a kind goes, the engine throws away the fast code it has made for it.
 */
export class Scratch {
  readonly gathering = new Gathering()
  readonly reader = new ByteReader(new Uint8Array(0))
  readonly head = new ByteWriter(512)
  readonly body = new ByteWriter(65_536)
  readonly #runs = Array.from({ length: GROUP_SIZE }, () => new Run())

  /** An empty run for a series: good until another series of the same place in its group asks for one. */
  runOf(series: number): Run {
    return this.#runs[series % GROUP_SIZE]!.clear()
  }
}
