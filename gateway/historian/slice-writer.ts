import { type Target, TargetError } from './target.ts'

export type Refused = Readonly<{ line: string; reason: string }>
/** What became of the lines: every one of them is confirmed, refused or expired. */
export type Written = Readonly<{ confirmed: number; refused: readonly Refused[]; expired: number }>

/** One line in five, and never on the strength of fewer than this: then it is not the lines that are wrong. */
const MASS_SHARE = 0.2
const MASS_LEAST = 20
/** So many refused and none confirmed: the rest need not be asked one by one. */
const HOPELESS = 200
/** Live slices are small, so the share is taken over as many lines. */
const MEMORY = 2_000

export type SliceWriter = Readonly<{
  /**
   * Writes the lines in order, one request at a time. A refused request is halved until the bad line stands alone.
   * Rejects with an `unavailable` TargetError when the target is away, or when it refuses so many lines for one reason
   * that the fault must be its own: quarantine would then empty the log. Called again with the same lines, it goes on
   * where it stood.
   */
  write(lines: readonly string[], signal: AbortSignal): Promise<Written>
  /** Whether something of the lines is done already, and not all of them. */
  isUnderWay(): boolean
}>

type Unfinished = {
  of: readonly string[]
  /** A stack, the next in order on top. */
  parts: (readonly string[])[]
  confirmed: number
  expired: number
  refused: Refused[]
}

export function sliceWriter(target: Target): SliceWriter {
  let unfinished: Unfinished | null = null
  let recent = { lines: 0, byReason: new Map<string, number>() }
  /** While it refuses en masse: what is asked first when it is tried again, instead of everything. */
  let refusing: Readonly<{ lines: readonly string[]; fault: TargetError }> | null = null

  const massRefusal = ({ confirmed, refused, of }: Unfinished, isWhole: boolean): TargetError | null => {
    const byReason = Map.groupBy(refused, ({ reason }) => classOf(reason))
    for (const [reason, { length }] of byReason) {
      const count = length + (recent.byReason.get(reason) ?? 0)
      const isHopeless = confirmed === 0 && length >= HOPELESS
      const isMass = isWhole && count > Math.max(MASS_LEAST, MASS_SHARE * (recent.lines + of.length))
      if (isHopeless || isMass)
        return new TargetError(
          'unavailable',
          `refuses ${count} lines alike, none is set aside: ${refused.at(-1)!.reason}`,
        )
    }
    return null
  }

  const askAgain = async ({ lines, fault }: NonNullable<typeof refusing>, signal: AbortSignal) => {
    try {
      await target.write(lines, signal)
    } catch (error) {
      throw error instanceof TargetError && error.kind === 'rejected' ? fault : error
    }
  }

  const remember = ({ of, refused }: Unfinished) => {
    if (recent.lines > MEMORY) {
      recent.lines /= 2
      for (const [reason, count] of recent.byReason) recent.byReason.set(reason, count / 2)
    }
    recent.lines += of.length
    for (const { reason } of refused) {
      const key = classOf(reason)
      recent.byReason.set(key, (recent.byReason.get(key) ?? 0) + 1)
    }
  }

  const writeTop = async (state: Unfinished, signal: AbortSignal) => {
    const lines = state.parts.at(-1)!
    try {
      await target.write(lines, signal)
      state.parts.pop()
      state.confirmed += lines.length
    } catch (error) {
      if (!(error instanceof TargetError) || error.kind === 'unavailable') throw error
      if (error.kind === 'expired') {
        // Which complaint a server names first is its own affair: the others are asked again without the expired ones.
        const rest = withoutOldest(lines, error.expired)
        state.expired += lines.length - rest.length
        state.parts.pop()
        if (rest.length > 0) state.parts.push(rest)
        return
      }
      if (lines.length > 1) {
        const middle = lines.length >> 1
        state.parts.splice(-1, 1, lines.slice(middle), lines.slice(0, middle))
        return
      }
      state.parts.pop()
      state.refused.push({ line: lines[0]!, reason: error.cause })
    }
  }

  return {
    isUnderWay: () => unfinished !== null && unfinished.parts[0] !== unfinished.of,
    async write(lines, signal) {
      const parts = lines.length > 0 ? [lines] : []
      if (refusing) await askAgain(refusing, signal)
      if (unfinished?.of !== lines) unfinished = { of: lines, parts, confirmed: 0, expired: 0, refused: [] }
      const state = unfinished
      while (state.parts.length > 0) {
        await writeTop(state, signal)
        signal.throwIfAborted()
        const fault = massRefusal(state, state.parts.length === 0)
        if (!fault) continue
        refusing = { lines: state.refused.slice(0, MASS_LEAST).map(({ line }) => line), fault }
        unfinished = null
        throw fault
      }
      unfinished = null
      if (refusing) recent = { lines: 0, byReason: new Map() }
      refusing = null
      remember(state)
      const { confirmed, refused, expired } = state
      return { confirmed, refused, expired }
    },
  }
}

/** The reason less what differs from line to line. */
function classOf(reason: string): string {
  return reason.replace(/'[^']*'|"[^"]*"|\d+/g, '…')
}

const timeOf = (line: string) => Number(line.slice(line.lastIndexOf(' ') + 1))

function withoutOldest(lines: readonly string[], count: number): readonly string[] {
  const oldest = new Set(
    lines
      .map((line, index) => ({ time: timeOf(line), index }))
      .toSorted((a, b) => a.time - b.time || a.index - b.index)
      .slice(0, Math.max(1, count))
      .map(({ index }) => index),
  )
  return lines.filter((_, index) => !oldest.has(index))
}
