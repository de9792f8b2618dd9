/**
 * Units a point may carry, each with the quantity it measures.
 * Quantities are Home Assistant's device_class words, so that discovery needs no second table.
 */
export const UNITS = {
  MPa: 'pressure',
  kPa: 'pressure',
  bar: 'pressure',
  Pa: 'pressure',
  '°C': 'temperature',
  '%': 'ratio',
  m: 'distance',
  mm: 'distance',
  cm: 'distance',
  µm: 'distance',
  A: 'current',
  mA: 'current',
  V: 'voltage',
  Hz: 'frequency',
  kW: 'power',
  W: 'power',
  VA: 'apparent_power',
  var: 'reactive_power',
  kWh: 'energy',
  'm³/h': 'volume_flow_rate',
  'L/min': 'volume_flow_rate',
  'm³': 'volume',
  L: 'volume',
  d: 'duration',
  h: 'duration',
  min: 'duration',
  s: 'duration',
  g: 'acceleration',
  'mm/s': 'speed',
  'm/s': 'speed',
  rpm: 'rotational_speed',
  NTU: 'turbidity',
  'mg/L': 'concentration',
  kg: 'weight',
} as const satisfies Record<string, string>

export type Unit = keyof typeof UNITS

export function isUnit(text: string): text is Unit {
  return Object.hasOwn(UNITS, text)
}
