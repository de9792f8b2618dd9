type Point = { measurement: string; tags: Record<string, string>; fields: Record<string, unknown>; at: number }

/**
 * Answers the Flux texts that charts are made of, from lines that were written: streams of one field, windows, counts.
 * Whether a text is Flux at all is for Flux's own parser to say; this only computes what those functions are documented
 * to give. Null for a text it does not know.
 */
export function fluxAnswer(text: string, lines: readonly string[]): string | null {
  const streams = new Map<string, { at: number; value: unknown }[]>()
  const selections = text.matchAll(
    /(\w+) = from\(bucket: "[^"]*"\)\s+\|> range\(start: time\(v: "(\S+)"\), stop: time\(v: "(\S+)"\)\)\s+\|> filter\(fn: \(r\) => r\._measurement == "([^"]*)" and r\.device == "([^"]*)" and r\.site == "([^"]*)" and r\._field == "([^"]*)"\)/g,
  )
  const starts = [...text.matchAll(/start: time\(v: "([^"]+)"/g)].map(([, start]) => Date.parse(start!))
  const points = linesFrom(lines, Math.min(...starts)).map(pointOf)
  for (const [, name, start, stop, measurement, device, site, field] of selections)
    streams.set(
      name!,
      points
        .filter(
          (point) =>
            point.measurement === measurement &&
            point.tags['device'] === device &&
            point.tags['site'] === site &&
            field! in point.fields &&
            point.at >= Date.parse(start!) &&
            point.at < Date.parse(stop!),
        )
        .map(({ at, fields }) => ({ at, value: fields[field!] }))
        .toSorted((a, b) => a.at - b.at),
    )
  if (streams.size === 0) return null
  const pipes = text.matchAll(
    /^(values|marks)\n(?: {2}\|> filter\(fn: \(r\) => r\._value == "(\w+)"\)\n)?(?: {2}\|> aggregateWindow\(every: duration\(v: "(\d+)ms"\), offset: duration\(v: "(\d+)ms"\), fn: (\w+), createEmpty: false, timeSrc: "_start"\)\n)?(?: {2}\|> limit\(n: (\d+)\)\n)? {2}\|> yield\(name: "(\w+)"\)/gm,
  )
  const tables: string[] = []
  for (const [, stream, wanted, every, offset, fn, limit, name] of pipes) {
    const rows = streams.get(stream!)!.filter(({ value }) => wanted === undefined || value === wanted)
    const shown =
      every === undefined ? rows.slice(0, Number(limit)) : windowed(rows, Number(every), Number(offset), fn!)
    if (shown.length > 0) tables.push(table(name!, shown))
  }
  return tables.join('\r\n')
}

/** Taking a line apart takes time, and most of what was written is older than a chart. */
function linesFrom(lines: readonly string[], at: number): readonly string[] {
  return lines.filter((line) => Number(line.slice(line.lastIndexOf(' ') + 1)) >= at)
}

const AGGREGATES: Record<string, (values: number[]) => number> = {
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  last: (values) => values.at(-1)!,
  count: (values) => values.length,
}

function windowed(rows: { at: number; value: unknown }[], every: number, offset: number, fn: string) {
  const byStart = Map.groupBy(rows, ({ at }) => Math.floor((at - offset) / every) * every + offset)
  return [...byStart].map(([at, each]) => ({ at, value: AGGREGATES[fn]!(each.map(({ value }) => Number(value))) }))
}

function table(name: string, rows: { at: number; value: unknown }[]): string {
  const type = typeof rows[0]!.value === 'number' ? (name === 'count' ? 'long' : 'double') : 'string'
  return [
    `#datatype,string,long,dateTime:RFC3339,${type}`,
    '#group,false,false,false,false',
    `#default,${name},,,`,
    ',result,table,_time,_value',
    ...rows.map(({ at, value }) => `,,0,${new Date(at).toISOString()},${String(value)}`),
    '',
  ].join('\r\n')
}

/** Names without anything escaped in them, as tests of charts use. */
function pointOf(line: string): Point {
  const [series = '', fields = '', time] = line.split(' ')
  const [measurement = '', ...tags] = series.split(',')
  return {
    measurement,
    at: Number(time),
    tags: Object.fromEntries(tags.map((tag) => tag.split('=') as [string, string])),
    fields: Object.fromEntries(
      fields.split(',').map((field) => {
        const [key = '', value = ''] = field.split('=')
        return [
          key,
          value.startsWith('"') ? value.slice(1, -1) : value === 'true' || value === 'false' ? value : Number(value),
        ]
      }),
    ),
  }
}
