import { type Device, nodeIdOf } from '#devices/device.ts'
import { parseDuration } from '#devices/duration.ts'
import { offlineAfterMs } from '#devices/profile.ts'
import type { Point } from '#devices/point.ts'

const SAMPLING = '1s'
const QUEUE = 10

/** One point of a device at its node, and how its changes are wanted. */
export type Item = Readonly<{
  /** Names it towards the server, from 1. */
  handle: number
  device: string
  point: string
  definition: Point
  /** As it is written; `nsu=` not yet turned into an index. */
  nodeId: string
  samplingMs: number
  queue: number
  deadband: Readonly<{ kind: 'absolute' | 'percent'; value: number }> | null
  /** Nothing told of it for so long (site time): it is read by hand. */
  askedAfterMs: number
}>

/** Half the time after which the device counts as silent: a value that does not change is confirmed before that. */
export function itemsOf(devices: readonly Device[]): Item[] {
  let handle = 0
  return devices.flatMap((device) =>
    Object.entries(device.profile.points).flatMap(([point, definition]): Item[] => {
      const nodeId = nodeIdOf(device, point)
      if (nodeId === null || !definition.opcua) return []
      const { deadband, deadband_percent: percent, sampling, queue } = definition.opcua
      const { opcua } = device.profile
      return [
        {
          handle: ++handle,
          device: device.id,
          point,
          definition,
          nodeId,
          samplingMs: parseDuration(sampling ?? opcua?.sampling ?? SAMPLING)!,
          queue: queue ?? opcua?.queue ?? QUEUE,
          deadband:
            deadband !== undefined
              ? { kind: 'absolute', value: deadband }
              : percent !== undefined
                ? { kind: 'percent', value: percent }
                : null,
          askedAfterMs: offlineAfterMs(device.profile) / 2,
        },
      ]
    }),
  )
}
