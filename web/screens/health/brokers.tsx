import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { MqttHealth } from '../../api/mqtt-types.ts'
import { Moment } from '../../parts/moment.tsx'
import { Facts, Panel } from '../../parts/screen.tsx'
import { BROKERS } from './sentences.ts'

const TINT: Readonly<Record<MqttHealth['brokers'][number]['state'], string>> = {
  connected: 'badge-success',
  connecting: 'badge-info',
  away: 'badge-error',
  stopped: 'badge-warning',
}

/** MQTT: brokers of others, what waits to go out to them, and the sessions of the gateway's own. */
export function Brokers({ mqtt: { brokers, sessions, outward } }: { mqtt: MqttHealth }) {
  const { words } = useApp()
  const [isSaid, setSaid] = useState(false)
  useEffect(() => {
    void words.add(BROKERS).then(() => setSaid(true))
  }, [words])
  if (!isSaid || (sessions === null && brokers.length === 0)) return null
  const { number } = words.format
  const told = (id: string) => {
    const target = outward.find((each) => each.target === id)
    return target
      ? ([
          [words.say('web.mqtt.outward'), number(target.waiting)],
          [words.say('web.mqtt.behind'), number(target.behind)],
          [words.say('web.mqtt.sent'), number(target.sent)],
          [words.say('web.mqtt.lost'), target.givenUp === 0 ? null : number(target.givenUp)],
        ] as const)
      : []
  }
  return (
    <Panel title={words.say('web.mqtt')}>
      {brokers.map(({ id, url, state, since, failures, lastError, refusedFilters }) => (
        <section key={id} class="mb-4 last:mb-0" data-broker={id} data-state={state}>
          <h3 class="mb-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm font-medium">
            {id}
            <span class={`badge badge-soft ${TINT[state]}`}>{words.say(`web.mqtt.state.${state}`)}</span>
            <span class="quiet font-normal">
              {words.say('web.since')} <Moment at={since} />
            </span>
          </h3>
          <p class="quiet mb-1 text-sm break-all">{url}</p>
          <Facts
            facts={[
              [
                words.say('web.mqtt.lastError'),
                lastError && (
                  <>
                    {words.sayCode('mqttAway', lastError.why)} (<Moment at={lastError.at} />)
                    <span class="quiet block break-all">{lastError.detail}</span>
                  </>
                ),
              ],
              [words.say('web.mqtt.failures'), failures === 0 ? null : number(failures)],
              [words.say('web.mqtt.refused'), refusedFilters.join(', ')],
              ...told(id),
            ]}
          />
        </section>
      ))}
      {sessions && (
        <section>
          <h3 class="mb-1 text-sm font-medium">{words.say('web.mqtt.own')}</h3>
          <Facts
            facts={[
              [words.say('web.mqtt.sessions'), number(sessions.sessions)],
              [words.say('web.mqtt.waiting'), number(sessions.waiting)],
              [words.say('web.mqtt.givenUp'), number(sessions.givenUp)],
              ...told('own'),
            ]}
          />
        </section>
      )}
    </Panel>
  )
}
