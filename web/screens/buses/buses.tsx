import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Bus } from '../../api/bus-types.ts'
import type { OpcUaServers } from '../../api/opcua-types.ts'
import type { Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused } from '../../parts/action.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import type { ServersProps } from '../opcua/servers.tsx'
import { BusPanel } from './bus-panel.tsx'
import { FIELD_BUS } from './sentences.ts'
import { type Place, TestRead } from './test-read.tsx'
import { useWatched } from './watched.ts'
import { worstFirst } from './worst-first.ts'

/** Whoever stands at a cabinet: which unit does not answer, why, who slows the line; and a read of any register. */
export function BusesScreen() {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(FIELD_BUS).then(() => setSaid(true))
  }, [])
  if (isSaid) return <Buses />
  return (
    <Screen title={words.say('web.screen.buses')}>
      <Skeletons count={3} height="h-28" />
    </Screen>
  )
}

function Buses() {
  const { words } = useApp()
  const { found, refused } = useWatched<Page<Bus>>('/buses')
  const servers = useWatched<OpcUaServers>('/opcua')
  const buses = found?.items ?? null
  const hasServers = (servers.found?.items.length ?? 0) > 0
  const Servers = useServersPart(hasServers)
  const [place, setPlace] = useState<Place>({ bus: '', unitId: '' })
  const form = useRef<HTMLDivElement>(null)
  const goToForm = (field: 'unit' | 'address') => {
    form.current?.scrollIntoView({ block: 'start' })
    form.current?.querySelector<HTMLInputElement>(`[name="${field}"]`)?.focus({ preventScroll: true })
  }
  const tryUnit = (bus: string, unitId: number) => {
    setPlace({ bus, unitId: String(unitId) })
    goToForm('address')
  }
  return (
    <Screen
      title={words.say('web.buses')}
      hint={words.say('web.buses.hint')}
      aside={
        buses &&
        buses.length > 0 && (
          <button type="button" class="btn btn-sm touch 2xl:hidden" onClick={() => goToForm('unit')}>
            {words.say('web.bus.test')}
          </button>
        )
      }
    >
      <Refused text={refused} />
      {buses === null && refused === null && <Skeletons count={3} height="h-28" />}
      {buses?.length === 0 && servers.found && !hasServers && (
        <Empty icon="cable">{words.say('web.buses.empty')}</Empty>
      )}
      {buses && buses.length > 0 && (
        <div class="grid items-start gap-4 2xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <ul class="grid min-w-0 gap-3">
            {worstFirst(buses).map((bus) => (
              <BusPanel key={bus.id} bus={bus} onTry={(unitId) => tryUnit(bus.id, unitId)} />
            ))}
          </ul>
          <div ref={form} class="min-w-0 scroll-mt-16">
            <TestRead buses={buses} place={place} choose={setPlace} />
          </div>
        </div>
      )}
      <Refused text={refused === null ? servers.refused : null} />
      {servers.found && hasServers && Servers && <Servers servers={servers.found} lookAgain={servers.lookAgain} />}
    </Screen>
  )
}

/** Loaded where the site has a server. */
function useServersPart(isWanted: boolean): ComponentType<ServersProps> | null {
  const [part, setPart] = useState<ComponentType<ServersProps> | null>(null)
  useEffect(() => {
    if (isWanted) void import('../opcua/servers.tsx').then(({ Servers }) => setPart(() => Servers))
  }, [isWanted])
  return part
}
