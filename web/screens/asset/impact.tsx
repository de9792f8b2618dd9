import { useEffect, useState } from 'preact/hooks'
import type { Impact } from '../../api/household-types.ts'
import type { Asset } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Panel, Skeletons } from '../../parts/screen.tsx'
import { useHouseholdWords } from '../households/sentences.ts'

/** Who is affected if this asset fails, alone or together with another of its kind. */
export function ImpactPanel({ asset }: { asset: Asset }) {
  const { words, connection, estate } = useApp()
  const isSaid = useHouseholdWords()
  const [other, setOther] = useState('')
  const [impact, setImpact] = useState<Impact | null>(null)
  useEffect(() => {
    const query = other === '' ? '' : `?with=${encodeURIComponent(other)}`
    connection.getIfThere<Impact>(`/assets/${encodeURIComponent(asset.id)}/impact${query}`).then(setImpact, () => {})
  }, [asset.id, other])
  const others = (estate.site.value?.assets ?? []).filter(
    ({ id, kind, homes }) => id !== asset.id && kind === asset.kind && homes > 0,
  )
  if (asset.homes === 0) return null
  if (!isSaid || !impact) return <Skeletons count={1} height="h-24" />
  return (
    <Panel title={words.say('web.impact')}>
      <ul class="grid gap-1 text-sm">
        {impact.losses.length === 0 && <li class="quiet">{words.say('web.impact.none')}</li>}
        {impact.losses.map(({ service, effect, homes }) => (
          <li key={service + effect}>
            <strong class={effect === 'outage' ? 'text-error' : ''}>{homes.length}</strong>{' '}
            {words.say(`web.impact.${effect}`, { service: words.sayCode('kind', service) })}
          </li>
        ))}
        {impact.needs.map(({ service, need, homes }) => (
          <li key={service + need}>
            <strong>{homes.length}</strong> {words.say(`web.impact.need.${need}`)}
          </li>
        ))}
        <li class="quiet">{words.say('web.impact.told', { count: impact.told })}</li>
      </ul>
      {others.length > 0 && (
        <label class="mt-3 grid gap-1">
          <span class="text-sm font-medium">{words.say('web.impact.with')}</span>
          <select class="select touch w-full" value={other} onChange={(event) => setOther(event.currentTarget.value)}>
            <option value="">{words.say('web.impact.alone')}</option>
            {others.map(({ id, name }) => (
              <option key={id} value={id}>
                {words.of(name)}
              </option>
            ))}
          </select>
        </label>
      )}
    </Panel>
  )
}
