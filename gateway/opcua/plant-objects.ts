import type { Clock } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import { type Point, type Text, valueTypeOf } from '#devices/point.ts'
import { offlineAfterMs } from '#devices/profile.ts'
import { COMMUNICATION_REASONS, type Reading } from '#devices/reading.ts'
import type { OpcUa } from '#ingest/opcua/library.ts'
import type { Site } from '../site/site.ts'
import type { AddressSpace, Namespace, UAObject } from './address-space.ts'

export type LatestReadings = Readonly<{ of(device: string): ReadonlyMap<string, Reading> }>

/** How often a value is looked at at most, in ms. */
const SAMPLING_MS = 500

type Building = Readonly<{
  opcua: OpcUa
  space: AddressSpace
  namespace: Namespace
  site: Site
  latest: LatestReadings
  clock: Pick<Clock, 'now'>
}>

/** Objects / Assets / asset / device / point. A node id is what it stands for: `s=PS1.outlet_pressure`. */
export function buildPlant({ opcua, space, namespace, site, latest, clock }: Building): void {
  const root = namespace.addFolder(space.rootFolder.objects, { browseName: 'Assets', nodeId: 's=Assets' })
  const assets = new Map<string, UAObject>()
  const assetObject = (id: string): UAObject => {
    const found = assets.get(id)
    if (found) return found
    const made = namespace.addObject({
      organizedBy: root,
      browseName: id,
      nodeId: `s=asset:${id}`,
      displayName: localized(site.plan.assets.get(id)?.name ?? id),
    })
    assets.set(id, made)
    return made
  }
  for (const device of site.devices) {
    const parent = namespace.addObject({
      componentOf: assetObject(device.asset),
      browseName: device.id,
      nodeId: `s=${device.id}`,
      displayName: localized(device.profile.name),
    })
    for (const [name, point] of Object.entries(device.profile.points)) {
      const dataType = opcua.DataType[DATA_TYPES[valueTypeOf(point)]]
      namespace.addVariable({
        componentOf: parent,
        browseName: name,
        nodeId: `s=${device.id}.${name}`,
        displayName: localized(point.name ?? name),
        ...(point.unit === undefined ? {} : { description: point.unit }),
        dataType,
        accessLevel: 'CurrentRead',
        userAccessLevel: 'CurrentRead',
        minimumSamplingInterval: SAMPLING_MS,
        value: {
          timestamped_get: () => dataValueOf(opcua, device, point, latest.of(device.id).get(name), clock.now()),
        },
      })
    }
  }
}

const DATA_TYPES = { number: 'Double', bool: 'Boolean', string: 'String' } as const

/** What is not good has a status that says so, and a bad one no value: an old figure in fresh ink is nowhere to be had. */
function dataValueOf(opcua: OpcUa, device: Device, point: Point, reading: Reading | undefined, now: number) {
  const dataType = opcua.DataType[DATA_TYPES[valueTypeOf(point)]]
  const sourceTimestamp = reading ? new Date(reading.at) : null
  const isOld = reading !== undefined && now - reading.at > offlineAfterMs(device.profile)
  const status = opcua.StatusCodes[isOld ? 'BadNoCommunication' : statusOf(reading)]
  const value = status.value >>> 30 === 2 ? null : (reading?.value ?? null)
  return new opcua.DataValue({
    value: value === null ? { dataType: opcua.DataType.Null } : { dataType, value },
    statusCode: status,
    sourceTimestamp,
    serverTimestamp: new Date(now),
  })
}

function statusOf(reading: Reading | undefined) {
  if (!reading) return 'BadWaitingForInitialData'
  const { quality, reason } = reading
  if (quality === 'good') return 'Good'
  if (quality === 'uncertain') return reason === 'stuck' ? 'UncertainLastUsableValue' : 'UncertainSensorNotAccurate'
  if (reason === undefined || COMMUNICATION_REASONS.has(reason)) return 'BadNoCommunication'
  if (reason === 'out_of_range') return 'BadOutOfRange'
  return reason === 'absent' ? 'BadNotConnected' : 'BadSensorFailure'
}

export function localized(text: Text): { text: string; locale: string }[] {
  if (typeof text === 'string') return [{ text, locale: 'en' }]
  return [
    { text: text.en, locale: 'en' },
    { text: text['zh-CN'], locale: 'zh-CN' },
  ]
}
