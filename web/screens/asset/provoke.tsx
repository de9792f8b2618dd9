import { useEffect, useState } from 'preact/hooks'
import { Refusal } from '../../api/connection.ts'
import { useApp } from '../../app-context.ts'
import type { Device, PlantState } from '../../api/types.ts'
import { Refused } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/screen.tsx'
import { mayProvoke } from '../../roles.ts'

const LOOK_EVERY_MS = 3_000

/** In a demonstration: break this asset on purpose, and mend it. Elsewhere there is no such thing. */
export function Provoke({ devices }: { devices: readonly Device[] }) {
  const { words, connection, session } = useApp()
  const [plant, setPlant] = useState<PlantState | null>(null)
  const [refused, setRefused] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const visitor = session.visitor.value
  const isDemo = visitor.is === 'somebody' && visitor.session.demo
  const isAllowed = visitor.is === 'somebody' && mayProvoke(visitor.session.user.role)

  const look = () => connection.getIfThere<PlantState>('/plant').then(setPlant, () => {})
  useEffect(() => {
    if (!isDemo) return
    void look()
    const timer = setInterval(() => void look(), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isDemo])

  const act = async (path: string, body: object) => {
    setBusy(true)
    setRefused(null)
    try {
      await connection.send('POST', path, body)
      await look()
    } catch (error) {
      setRefused(error instanceof Refusal ? error.message : words.say('web.action.unanswered'))
    } finally {
      setBusy(false)
    }
  }

  const own = (plant?.devices ?? []).filter(({ device }) => devices.some(({ id }) => id === device))
  if (!isDemo || own.length === 0) return null
  return (
    <Panel title={words.say('web.provoke.title')}>
      <p class="quiet mb-3 text-sm">{words.say(isAllowed ? 'web.provoke.hint' : 'web.provoke.forbidden')}</p>
      {own.map(({ device, faults, fault }) => (
        <div key={device} class="grid gap-2" data-plant={device}>
          {fault && (
            <p class="alert alert-warning alert-soft">
              <Icon name="zap" />
              {words.say('web.provoke.broken', { fault: words.sayCode('plantfault', fault) })}
            </p>
          )}
          {isAllowed && (
            <div class="flex flex-wrap gap-2">
              {fault === null ? (
                faults.map((name) => (
                  <button
                    key={name}
                    type="button"
                    class="btn btn-sm touch"
                    data-provoke={name}
                    disabled={isBusy}
                    onClick={() => void act('/plant/faults', { device, fault: name })}
                  >
                    <Icon name="zap" />
                    {words.sayCode('plantfault', name)}
                  </button>
                ))
              ) : (
                <button
                  type="button"
                  class="btn btn-sm btn-primary touch"
                  disabled={isBusy}
                  onClick={() => void act('/plant/heal', { device })}
                >
                  <Icon name="wrench" />
                  {words.say('web.provoke.heal')}
                </button>
              )}
            </div>
          )}
        </div>
      ))}
      <Refused text={refused} />
    </Panel>
  )
}
