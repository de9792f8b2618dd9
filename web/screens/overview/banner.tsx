import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'

const SHOWN = 4

/** What is wrong with the gateway itself and needs a person. */
export function Banner() {
  const { words, estate } = useApp()
  const health = estate.health.value
  const lines = [
    ...estate.faults.value.map(({ where, text }) => `${where} ${words.of(text)}`),
    ...(health?.sources ?? [])
      .filter(({ state }) => state === 'down' || state === 'degraded')
      .map(({ source, state }) => words.say('web.banner.source', { source, state: words.say(`web.source.${state}`) })),
    ...(health?.forwarding ?? [])
      .filter(({ state }) => state === 'unavailable')
      .map(({ target, lag }) => words.say('web.banner.forwarding', { target, lag })),
  ]
  if (lines.length === 0) return null
  return (
    <section class="alert alert-warning alert-soft mb-4 items-start" aria-label={words.say('web.banner.title')}>
      <Icon name="triangle-alert" />
      <div class="min-w-0">
        <h2 class="font-semibold">{words.say('web.banner.title')}</h2>
        <ul class="break-words">
          {lines.slice(0, SHOWN).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </div>
      <a href="/health" class="link">
        {words.say('web.screen.health')}
      </a>
    </section>
  )
}
