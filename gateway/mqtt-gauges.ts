import { Gauge, type Registry } from 'prom-client'
import type { MqttHealth } from './mqtt-roads.ts'

/** MQTT for Prometheus: the gateway's own broker, those of others, and what waits to go out. */
export function mqttGauges(registry: Registry, mqtt: () => MqttHealth): void {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[], collect: (own: Gauge<L>) => void) =>
    new Gauge({
      name: `caretaker_mqtt_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        collect(this)
      },
    })
  gauge('broker_connected', '1 while the gateway is connected to the broker.', ['broker'], (own) => {
    for (const { id, state } of mqtt().brokers) own.set({ broker: id }, state === 'connected' ? 1 : 0)
  })
  gauge('broker_failures', 'Attempts that failed since the broker was there.', ['broker'], (own) => {
    for (const { id, failures } of mqtt().brokers) own.set({ broker: id }, failures)
  })
  gauge('outward_waiting', 'Messages and states that a broker has not confirmed.', ['target', 'kind'], (own) => {
    for (const { target, waiting, behind } of mqtt().outward) {
      own.set({ target, kind: 'message' }, waiting)
      own.set({ target, kind: 'state' }, behind)
    }
  })
  gauge('outward_messages', 'Messages since start: confirmed, or given up.', ['target', 'fate'], (own) => {
    for (const { target, sent, givenUp } of mqtt().outward) {
      own.set({ target, fate: 'sent' }, sent)
      own.set({ target, fate: 'given_up' }, givenUp)
    }
  })
  gauge('sessions', "Sessions that the gateway's own broker keeps.", [], (own) => {
    const { sessions } = mqtt()
    if (sessions) own.set(sessions.sessions)
  })
  gauge('session_messages', 'Messages in these sessions: waiting, or given up since start.', ['fate'], (own) => {
    const { sessions } = mqtt()
    if (!sessions) return
    own.set({ fate: 'waiting' }, sessions.waiting)
    own.set({ fate: 'given_up' }, sessions.givenUp)
  })
}
