import { type Figure, percentile } from '../figure.ts'
import type { Ingested, Reopened, Settled } from './ingest.ts'
import type { Answered } from './queries.ts'

/** One store from its first commit to its end. `bytes` is what its readings take on the disk, settled. */
export type Life = Readonly<{
  series: number
  ingested: Ingested
  reopened: Reopened
  settled: Settled
  bytes: number
}>
export type Peer = Readonly<{ ingested: Readonly<{ points: number; wallMs: number }>; answered: Answered }>

const PEER = 'influxd 1.6.7 over HTTP'

/** `measured` is the life that the promises are about; `lives` is the curve. */
export function figuresOf(
  all: Readonly<{ lives: readonly Life[]; measured: Life; ours: Answered; peer: Peer | null }>,
) {
  const { lives, measured, ours, peer } = all
  return [
    ...ingestFigures(measured, peer),
    ...answerFigures(ours, peer?.answered ?? null),
    ...stateFigures(measured),
    ...lives.flatMap(curveFigures),
  ]
}

function ingestFigures(life: Life, peer: Peer | null): Figure[] {
  const { points, wallMs, cost } = life.ingested
  const rate = points / wallMs / 1_000
  const peerRate = peer && peer.ingested.points / peer.ingested.wallMs / 1_000
  const name = `${life.series.toLocaleString('en')} points, a commit a second`
  return [
    {
      name: `historian, ${name}: ingest`,
      value: rate,
      unit: 'M readings/s',
      goal: '≥ 5 × influxd',
      ...against(peerRate, rate, (figure) => figure.toFixed(3)),
    },
    { name: '… processor, all threads, merged as well', value: cpuOf(life), unit: 'µs/reading', goal: '≤ 1' },
    {
      name: '… written, as handed to the kernel',
      value: cost.writtenBytes / points,
      unit: 'B/reading',
      goal: '≤ 40',
    },
    { name: '… written, as pages of files', value: cost.dirtiedBytes / points, unit: 'B/reading', goal: '≤ 40' },
    { name: '… on disk, settled, free pages excluded', value: bytesOf(life), unit: 'B/reading', goal: '≤ 1' },
    {
      name: '… memory of the process, peak',
      value: life.ingested.peakBytes / 1_048_576,
      unit: 'MB',
      goal: '≤ 200',
    },
  ]
}

function answerFigures(ours: Answered, theirs: Answered | null): Figure[] {
  return [
    ...answerTo('24 h of readings', ours.rawMs, theirs?.rawMs ?? null, { least: 5 }),
    ...answerTo('30 d in 1,000 min/mean/max', ours.bucketsMs, theirs?.bucketsMs ?? null, { least: 10, p99: '≤ 50' }),
  ]
}

function answerTo(
  name: string,
  [first = NaN, ...ours]: readonly number[],
  theirs: readonly number[] | null,
  goal: Readonly<{ least: number; p99?: string }>,
): Figure[] {
  const [theirFirst = NaN, ...theirRest] = theirs ?? []
  const row = (label: string, value: number, their: number, wanted?: string): Figure => ({
    name: label,
    value,
    unit: 'ms',
    ...(wanted === undefined ? {} : { goal: wanted }),
    ...against(theirs && their, value, (figure) => `${figure.toFixed(1)} ms`),
  })
  return [
    row(
      `${name}, median of ${ours.length}`,
      percentile(ours, 0.5),
      percentile(theirRest, 0.5),
      `≤ 1/${goal.least} × influxd`,
    ),
    row('… p99', percentile(ours, 0.99), percentile(theirRest, 0.99), goal.p99),
    row('… the first', first, theirFirst),
  ]
}

function stateFigures({ ingested, reopened, settled }: Life): Figure[] {
  const { newestMs, pieces } = ingested
  return [
    {
      name: `last value of every point, from memory, p99 of ${newestMs.length}`,
      value: percentile(newestMs, 0.99),
      unit: 'ms',
      goal: '≤ 5',
    },
    { name: '… median', value: percentile(newestMs, 0.5), unit: 'ms' },
    {
      name: 'a commit may wait for upkeep, longest',
      value: Math.max(pieces.longest, settled.longestPieceMs),
      unit: 'ms',
      goal: '≤ 20',
    },
    { name: '… p99', value: pieces.p99, unit: 'ms' },
    { name: 'killed while committing → open again', value: reopened.ms / 1_000, unit: 's', goal: '≤ 1' },
  ]
}

function curveFigures(life: Life): Figure[] {
  const { series, ingested, reopened, settled } = life
  const ms = (values: readonly number[]) => percentile(values, 0.99).toFixed(1)
  const said = [
    `${bytesOf(life).toFixed(2)} B on disk`,
    `${(ingested.cost.writtenBytes / ingested.points).toFixed(1)} B written`,
    `upkeep ≤ ${Math.max(ingested.pieces.longest, settled.longestPieceMs).toFixed(0)} ms`,
    `${(ingested.peakBytes / 1_048_576).toFixed(0)} MB`,
    `last hour ${ms(ingested.lastHourMs)} ms`,
    `newest ${ms(ingested.newestMs)} ms`,
    `open ${reopened.ms.toFixed(0)} ms`,
  ]
  return [{ name: `${series.toLocaleString('en')} points: ${said.join(', ')}`, value: cpuOf(life), unit: 'µs/reading' }]
}

/** All that a reading ever costs: taken, sealed, merged. */
function cpuOf({ ingested, settled }: Life): number {
  return ingested.cost.cpuUs / ingested.points + settled.cost.cpuUs / settled.points
}

function bytesOf({ bytes, settled }: Life): number {
  return bytes / settled.points
}

function against(their: number | null, our: number, said: (figure: number) => string): Pick<Figure, 'peer' | 'ratio'> {
  return their === null ? {} : { peer: `${PEER}: ${said(their)}`, ratio: our / their }
}
