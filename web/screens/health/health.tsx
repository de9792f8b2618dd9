import { useApp } from '../../app-context.ts'
import type { Health } from '../../api/types.ts'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Facts, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { Brokers } from './brokers.tsx'
import { Channels } from './channels.tsx'
import { Sources } from './sources.tsx'

/** The gateway itself: what it hears, what it keeps, what it sends, and what is wrong with what was written. */
export function HealthScreen() {
  const { words, estate } = useApp()
  const health = estate.health.value
  return (
    <Screen
      title={words.say('web.screen.health')}
      aside={
        <a href="/api/docs" target="_blank" rel="noopener" class="btn btn-sm touch">
          {words.say('web.health.docs')}
        </a>
      }
    >
      {health === null ? <Skeletons count={4} height="h-40" /> : <HealthDetails health={health} />}
    </Screen>
  )
}

function HealthDetails({ health }: { health: Health }) {
  const { words } = useApp()
  const isOk = health.status === 'ok'
  return (
    <>
      <p class={`alert ${isOk ? 'alert-success' : 'alert-warning'} alert-soft mb-3`}>
        <Icon name={isOk ? 'circle-check' : 'triangle-alert'} />
        {words.say(`web.health.status.${health.status}`)}
      </p>
      <div class="grid items-start gap-3 lg:grid-cols-2">
        <div class="grid min-w-0 gap-3">
          <SiteFaults />
          <Forwarding targets={health.forwarding ?? []} />
          {health.mqtt && <Brokers mqtt={health.mqtt} />}
          <Channels />
          <Accounts accounts={health.accounts ?? {}} />
        </div>
        <Running health={health} />
      </div>
      <h2 class="mt-6 mb-2 font-semibold">{words.say('web.health.sources')}</h2>
      <Sources sources={health.sources ?? []} />
    </>
  )
}

function SiteFaults() {
  const { words, estate } = useApp()
  const faults = estate.faults.value
  return (
    <Panel title={words.say('web.health.faults')}>
      {faults.length === 0 ? (
        <p class="quiet text-sm">{words.say('web.health.faults.none')}</p>
      ) : (
        <ul class="grid gap-2 text-sm">
          {faults.map(({ where, text }) => (
            <li key={where + text.en} class="break-words">
              <code class="font-semibold">{where}</code> {words.of(text)}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Running({ health }: { health: Health }) {
  const { words, estate } = useApp()
  const offset = health.wallOffsetMs ?? 0
  const now = estate.clock.now.value
  return (
    <Panel title={words.say('web.health.running')}>
      <Facts
        facts={[
          [words.say('web.health.version'), versionText(health)],
          [words.say('web.clock'), words.format.moment(now) + ` (${words.format.time(now)})`],
          [
            words.say('web.health.offset'),
            Math.abs(offset) < 1_000
              ? words.say('web.health.offset.none')
              : `${offset < 0 ? '−' : '+'}${words.format.duration(Math.abs(offset))}`,
          ],
          [
            words.say('web.health.speed'),
            health.speed === 1 ? null : words.say('web.speed', { speed: health.speed ?? 1 }),
          ],
          [words.say('web.health.started'), health.startedAt && <Moment at={health.startedAt} />],
          [
            words.say('web.health.uptime'),
            health.uptimeMs === undefined ? null : words.format.duration(health.uptimeMs),
          ],
          [
            words.say('web.health.disk'),
            health.disk &&
              words.say('web.health.disk.free', {
                free: words.format.bytes(health.disk.freeBytes),
                all: words.format.bytes(health.disk.totalBytes),
              }),
          ],
          [words.say('web.health.listeners'), health.listeners],
          ...Object.entries(health.store ?? {}).map(
            ([name, count]) =>
              [
                words.sayCode('store', name),
                name.endsWith('Bytes') ? words.format.bytes(count) : words.format.number(count),
              ] as const,
          ),
        ]}
      />
    </Panel>
  )
}

function versionText({ version, versions = {} }: Health): string {
  const beneath = Object.entries(versions).filter(([name]) => name !== 'caretaker')
  return [version, ...beneath.map(([name, of]) => `${name} ${of}`)].join(' · ')
}

function Forwarding({ targets }: { targets: NonNullable<Health['forwarding']> }) {
  const { words } = useApp()
  return (
    <Panel title={words.say('web.health.forwarding')}>
      {targets.length === 0 && <p class="quiet text-sm">{words.say('web.health.forwarding.none')}</p>}
      {targets.map(({ target, state, since, reason, lag, sent, quarantined }) => (
        <section key={target} class="mt-2 first:mt-0">
          <h3 class="mb-1 flex flex-wrap items-center gap-2 text-sm font-medium">
            {target}
            <span class={`badge badge-soft ${state === 'unavailable' ? 'badge-error' : 'badge-success'}`}>
              {words.say(`web.forwarding.${state}`)}
            </span>
            <span class="quiet font-normal">
              {words.say('web.since')} <Moment at={since} />
            </span>
          </h3>
          <Facts
            facts={[
              [words.say('web.health.reason'), reason],
              [words.say('web.health.lag'), words.format.number(lag)],
              [words.say('web.health.sent'), words.format.number(sent)],
              [words.say('web.health.quarantined'), words.format.number(quarantined)],
            ]}
          />
        </section>
      ))}
    </Panel>
  )
}

function Accounts({ accounts }: { accounts: NonNullable<Health['accounts']> }) {
  const { words } = useApp()
  const { number } = words.format
  const entries = Object.entries(accounts)
  if (entries.length === 0) return null
  return (
    <Panel title={words.say('web.health.accounts')}>
      <div class="overflow-x-auto" tabIndex={0} role="group" aria-label={words.say('web.health.accounts')}>
        <table class="table-sm table [&_th]:text-base-content [&_td]:px-2 [&_th]:px-2">
          <thead class="text-base-content">
            <tr>
              <th scope="col">{words.say('web.health.source')}</th>
              <th scope="col" class="text-right">
                {words.say('web.health.received')}
              </th>
              <th scope="col" class="text-right">
                {words.say('web.health.stored')}
              </th>
              <th scope="col" class="text-right">
                {words.say('web.health.rejected')}
              </th>
            </tr>
          </thead>
          <tbody>
            {entries.map(([source, { received, stored, rejected }]) => (
              <tr key={source}>
                <th scope="row" class="font-normal">
                  {source}
                </th>
                <td class="text-right">{number(received)}</td>
                <td class="text-right">{number(stored)}</td>
                <td class="text-right">{number(Object.values(rejected).reduce((sum, count) => sum + count, 0))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
