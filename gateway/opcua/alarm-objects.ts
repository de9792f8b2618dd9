import type { Clock } from '#devices/clock.ts'
import type { OpcUa } from '#ingest/opcua/library.ts'
import type { Site } from '../site/site.ts'
import type { AlarmDocument } from '../store/documents.ts'
import type { AddressSpace, Namespace, UAObject } from './address-space.ts'
import { localized } from './plant-objects.ts'

/** Alarms that are not over yet, newest first, and at most so many. */
export type StandingAlarms = (limit: number) => Promise<readonly AlarmDocument[]>

const LOOK_EVERY_MS = 2_000
const MOST = 200

type Keeping = Readonly<{
  opcua: OpcUa
  space: AddressSpace
  namespace: Namespace
  site: Site
  alarms: StandingAlarms
  clock: Clock
  isLookedAt(): boolean
}>

/**
 * Objects / Alarms: one object for each alarm that is not over, with the state pairs of ISA-18.2, and their number.
 * Objects, not conditions of Part 9: those would bring acknowledgement by clients, and this view only shows.
 */
export function keepAlarms({ opcua, space, namespace, site, alarms, clock, isLookedAt }: Keeping): () => void {
  const folder = namespace.addFolder(space.rootFolder.objects, { browseName: 'Alarms', nodeId: 's=Alarms' })
  const stop = new AbortController()
  let standing: readonly AlarmDocument[] = []
  const shown = new Map<string, UAObject>()
  const variable = (
    parent: UAObject,
    node: string,
    name: string,
    dataType: 'Boolean' | 'String' | 'DateTime' | 'UInt32',
    get: () => unknown,
  ) =>
    namespace.addVariable({
      componentOf: parent,
      browseName: name,
      nodeId: `s=${node}.${name}`,
      dataType,
      accessLevel: 'CurrentRead',
      userAccessLevel: 'CurrentRead',
      minimumSamplingInterval: LOOK_EVERY_MS,
      value: { get: () => new opcua.Variant({ dataType: opcua.DataType[dataType], value: get() as never }) },
    })
  variable(folder, 'Alarms', 'Standing', 'UInt32', () => standing.length)
  variable(
    folder,
    'Alarms',
    'Unacknowledged',
    'UInt32',
    () => standing.filter(({ acknowledgedAt }) => acknowledgedAt === null).length,
  )

  function show(first: AlarmDocument): void {
    const { id, rule } = first
    const node = `alarm:${id}`
    const now = () => standing.find((alarm) => alarm.id === id) ?? first
    const object = namespace.addObject({
      organizedBy: folder,
      browseName: id,
      nodeId: `s=${node}`,
      displayName: localized(site.plan.rules.find((each) => each.id === rule)?.name ?? rule),
    })
    for (const name of ['rule', 'asset', 'device', 'priority', 'class'] as const)
      variable(object, node, `${name[0]!.toUpperCase()}${name.slice(1)}`, 'String', () => now()[name])
    variable(object, node, 'State', 'String', () => now().shown)
    variable(object, node, 'Active', 'Boolean', () => now().clearedAt === null)
    variable(object, node, 'Acknowledged', 'Boolean', () => now().acknowledgedAt !== null)
    variable(object, node, 'RaisedAt', 'DateTime', () => new Date(now().raisedAt))
    shown.set(id, object)
  }

  async function look(): Promise<void> {
    standing = await alarms(MOST)
    const ids = new Set(standing.map(({ id }) => id))
    for (const [id, object] of shown)
      if (!ids.has(id)) {
        shown.delete(id)
        namespace.deleteNode(object)
      }
    for (const alarm of standing) if (!shown.has(alarm.id)) show(alarm)
  }

  void (async () => {
    while (!stop.signal.aborted) {
      // Nobody waits for it: what cannot be read now is read in two seconds.
      if (isLookedAt()) await look().catch(() => {})
      await clock.sleep(LOOK_EVERY_MS, stop.signal).catch(() => {})
    }
  })()
  return () => stop.abort()
}
