import type { Device } from '#devices/device.ts'
import { type Point, valueTypeOf } from '#devices/point.ts'
import { inLanguage, type Language } from '../texts.ts'
import type { Site } from '../site/site.ts'
import type { Topics } from './topics.ts'

/**
 * Units that Home Assistant takes with a device class; with another unit the class would be refused. A point whose unit
 * is not here is shown with it all the same. (home-assistant.io/integrations/sensor/#device-class)
 */
const CLASSES: Readonly<Record<string, string>> = {
  kPa: 'pressure',
  bar: 'pressure',
  Pa: 'pressure',
  '°C': 'temperature',
  m: 'distance',
  mm: 'distance',
  cm: 'distance',
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
  h: 'duration',
  min: 'duration',
  s: 'duration',
  'mm/s': 'speed',
  'm/s': 'speed',
  kg: 'weight',
}
/** Home Assistant adds these up: a level of them is no measurement to it. */
const SUMMED: ReadonlySet<string> = new Set(['energy', 'volume'])

/**
 * One message a device, with all its points as components.
 * (home-assistant.io/integrations/mqtt/#device-discovery-payload)
 *
 * @returns topic → payload
 */
export function discoveryOf(site: Site, topics: Topics, prefix: string, version: string): ReadonlyMap<string, string> {
  const [language = 'en'] = site.languages
  return new Map(
    site.devices.map((device) => [
      `${prefix}/device/${nodeId(site, device)}/config`,
      JSON.stringify(deviceOf(site, device, topics, language, version)),
    ]),
  )
}

function deviceOf(site: Site, device: Device, topics: Topics, language: Language, version: string): object {
  const { id, profile, asset } = device
  const node = nodeId(site, device)
  const name = site.plan.assets.get(asset)?.name
  return {
    dev: {
      ids: [node],
      name: name === undefined || name === id ? id : `${inLanguage(name, language)} (${id})`,
      mdl: profile.profile,
      sa: inLanguage(site.name, language),
    },
    o: { name: 'caretaker', sw: version },
    availability: [{ topic: topics.status }, { topic: topics.availability(id) }],
    availability_mode: 'all',
    qos: 1,
    cmps: Object.fromEntries(
      Object.entries(profile.points).map(([point, definition]) => [
        point,
        {
          ...kindOf(definition),
          unique_id: `${node}_${point}`,
          name: definition.name === undefined ? point : inLanguage(definition.name, language),
          state_topic: topics.point(id, point),
          value_template: '{{ value_json.value }}',
          // Quality, reason and time stand beside the value.
          json_attributes_topic: topics.point(id, point),
        },
      ]),
    ),
  }
}

function kindOf(point: Point): object {
  const type = valueTypeOf(point)
  // What a template makes of true and false.
  if (type === 'bool') return { p: 'binary_sensor', payload_on: 'True', payload_off: 'False' }
  if (point.enum) return { p: 'sensor', device_class: 'enum', options: [...new Set(Object.values(point.enum))] }
  if (type === 'string') return { p: 'sensor' }
  const { unit } = point
  const deviceClass = unit === undefined ? undefined : CLASSES[unit]
  const isCounter = point.stat === 'counter'
  const isSummed = deviceClass !== undefined && SUMMED.has(deviceClass)
  return {
    p: 'sensor',
    ...(unit === undefined ? {} : { unit_of_measurement: unit }),
    ...(deviceClass === undefined || (isSummed && !isCounter) ? {} : { device_class: deviceClass }),
    state_class: isCounter && (deviceClass === undefined || isSummed) ? 'total_increasing' : 'measurement',
  }
}

function nodeId(site: Site, { id }: Device): string {
  return `${site.id}_${id}`
}
