/** Where progress is shown: the error stream, so that what a command prints stays its own. */
export type Screen = Readonly<{ isTTY?: boolean; columns?: number; write(text: string): unknown }>
export type Progress = Readonly<{
  /** `done` and `total` in the same unit, whatever it is; `readings` so far. Cheap: may be called often. */
  show(done: number, total: number, readings: number): void
  end(): void
}>

const REDRAW_MS = 100
const LINE_MS = 5_000
const BAR = 24
const CLEAR_LINE = '\r\u001b[K'

/** A bar that is drawn over itself on a terminal, a line every 5 s elsewhere. `now` is any clock in ms. */
export function progressOn(screen: Screen, now: () => number): Progress {
  const start = now()
  const isTerminal = screen.isTTY === true
  let shownAt = isTerminal ? -Infinity : start
  let isDrawn = false
  return {
    show(done, total, readings) {
      const at = now()
      if (at - shownAt < (isTerminal ? REDRAW_MS : LINE_MS)) return
      shownAt = at
      const words = wordsOf(total > 0 ? Math.min(done / total, 1) : 1, readings, at - start)
      screen.write(isTerminal ? CLEAR_LINE + words.slice(0, (screen.columns ?? 80) - 1) : `${words}\n`)
      isDrawn = isTerminal
    },
    end() {
      if (isDrawn) screen.write(CLEAR_LINE)
      isDrawn = false
    },
  }
}

function wordsOf(share: number, readings: number, elapsedMs: number): string {
  const full = Math.floor(share * BAR)
  const bar = `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}]`
  const perSecond = elapsedMs > 0 ? Math.round((readings / elapsedMs) * 1_000) : 0
  const left = share > 0 ? `, ${duration((elapsedMs / share) * (1 - share))} left` : ''
  return `${bar} ${Math.floor(share * 100)} %  ${grouped(readings)} readings, ${grouped(perSecond)}/s${left}`
}

export function grouped(count: number): string {
  return count.toLocaleString('en')
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  const two = (count: number) => String(count).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
