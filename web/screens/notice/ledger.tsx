import { useState } from 'preact/hooks'
import { useWords } from '../../app-context.ts'
import type { Fate, LedgerLine } from '../../api/types.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Empty, Panel, Skeletons } from '../../parts/screen.tsx'

/** What needs somebody comes first. */
const FATES: readonly Readonly<{ fate: Fate; icon: IconName; tint: string }>[] = [
  { fate: 'failed', icon: 'x', tint: 'text-error' },
  { fate: 'queued', icon: 'clock', tint: 'text-warning' },
  { fate: 'accepted', icon: 'clock', tint: 'text-info' },
  { fate: 'delivered', icon: 'check', tint: 'text-success' },
  { fate: 'cancelled', icon: 'x', tint: 'quiet' },
]

/** Every home and channel with its fate, grouped, and found by typing. */
export function Ledger({ lines }: { lines: readonly LedgerLine[] | null }) {
  const words = useWords()
  const [typed, setTyped] = useState('')
  const wanted = typed.trim().toLowerCase()
  const found = (lines ?? []).filter(({ home }) => home.toLowerCase().includes(wanted))
  const fateOf = ({ told, allClear }: LedgerLine) => (told === 'delivered' && allClear ? allClear : (told ?? allClear))
  return (
    <div class="mt-3">
      <Panel
        title={words.say('web.ledger.title')}
        aside={
          <label class="input touch w-40 sm:w-56">
            <Icon name="search" />
            <input
              type="search"
              aria-label={words.say('web.ledger.search')}
              placeholder={words.say('web.ledger.search')}
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
        }
      >
        {lines === null ? (
          <Skeletons count={1} height="h-24" />
        ) : found.length === 0 ? (
          <Empty icon="house">{words.say(lines.length === 0 ? 'web.ledger.empty' : 'web.ledger.nothing')}</Empty>
        ) : (
          FATES.map(({ fate, icon, tint }) => {
            const own = found.filter((line) => fateOf(line) === fate)
            if (own.length === 0) return null
            return (
              <section key={fate} class="mt-2">
                <h3 class={`mb-1 flex items-center gap-2 text-sm font-medium ${tint}`}>
                  <Icon name={icon} />
                  {words.say(`web.fate.${fate}`)}
                  <span class="badge badge-sm">{own.length}</span>
                </h3>
                <ul class="flex flex-wrap gap-1 text-xs">
                  {own.map(({ home, channel, allClear }) => (
                    <li key={`${home} ${channel}`} class="bg-base-200 rounded px-1.5 py-0.5">
                      {home} <span class="quiet">{words.sayCode('channel', channel)}</span>
                      {allClear && (
                        <span class="text-success ml-1" title={words.say('web.step.clear')}>
                          <Icon name="check" class="align-text-bottom" />
                          <span class="sr-only">{words.say('web.step.clear')}</span>
                        </span>
                      )}
                    </li>
                  ))}
                </ul>
              </section>
            )
          })
        )}
      </Panel>
    </div>
  )
}
