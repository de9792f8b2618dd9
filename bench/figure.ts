/** One measured figure; `ratio` is ours divided by the peer's, both measured in the same run. */
export type Figure = Readonly<{
  name: string
  value: number
  unit: string
  goal?: string
  peer?: string
  ratio?: number
}>

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

export function show({ name, value, unit, goal, peer, ratio }: Figure): string {
  const shown = Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(value < 10 ? 3 : 1)
  return `| ${name} | ${shown} ${unit} | ${goal ?? ''} | ${peer ?? ''} | ${ratio === undefined ? '' : ratio.toFixed(2)} |`
}
