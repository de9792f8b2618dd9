import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import type { Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Empty, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { useHouseholdWords } from './sentences.ts'

type Found = Readonly<{ home: string; names: readonly string[] }>

/** Whoever picks up the telephone finds the home while the caller still says where she lives. */
export function HouseholdsScreen() {
  const { words } = useApp()
  const isSaid = useHouseholdWords()
  return (
    <Screen
      title={words.say('web.screen.households')}
      {...(isSaid ? { hint: words.say('web.households.hint') } : {})}
      aside={
        isSaid && (
          <a class="btn touch" href="/errands">
            <Icon name="flag" />
            {words.say('web.households.errands')}
          </a>
        )
      }
    >
      {isSaid ? <Search /> : <Skeletons count={2} height="h-20" />}
    </Screen>
  )
}

function Search() {
  const { words, connection } = useApp()
  const { route } = useLocation()
  const [typed, setTyped] = useState('')
  const [found, setFound] = useState<readonly Found[] | null>(null)
  const wanted = typed.trim()
  useEffect(() => {
    if (wanted.length < 2) {
      setFound(null)
      return
    }
    let isWanted = true
    // Not at every key: a number is typed in one go.
    const timer = setTimeout(() => {
      // A number or a name stands in no address: addresses are written down on the way.
      connection.send<Page<Found>>('POST', '/households/search', { q: wanted }).then(
        ({ items }) => isWanted && setFound(items),
        () => isWanted && setFound([]),
      )
    }, 150)
    return () => {
      isWanted = false
      clearTimeout(timer)
    }
  }, [wanted])
  return (
    <div class="grid grid-cols-1 gap-3">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (found?.[0]) route(`/households/${found[0].home}`)
        }}
      >
        <label class="input touch w-full">
          <Icon name="search" />
          <input
            type="search"
            autofocus
            aria-label={words.say('web.households.hint')}
            placeholder={words.say('web.households.find')}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
      </form>
      <div aria-live="polite">
        {found === null && <p class="quiet text-sm">{words.say('web.households.ask')}</p>}
        {found?.length === 0 && <Empty icon="house">{words.say('web.households.none')}</Empty>}
        <ul class="grid grid-cols-1 gap-2 sm:grid-cols-2 lg:grid-cols-3">
          {(found ?? []).map(({ home, names }) => (
            <li key={home}>
              <a href={`/households/${home}`} class="panel hover:bg-base-200 flex min-h-11 items-center gap-3 p-3">
                <Icon name="house" />
                <strong class="shrink-0">{home}</strong>
                <span class="quiet min-w-0 truncate text-sm">{names.join(' · ')}</span>
              </a>
            </li>
          ))}
        </ul>
      </div>
      {wanted === '' && <OwnerOnly />}
    </div>
  )
}

function OwnerOnly() {
  const { words, connection } = useApp()
  const [homes, setHomes] = useState<readonly string[] | null>(null)
  useEffect(() => {
    connection.get<Page<string>>('/households/owner-only').then(
      ({ items }) => setHomes(items),
      () => setHomes([]),
    )
  }, [])
  if (homes === null) return <Skeletons count={1} height="h-24" />
  return (
    <Panel title={words.say('web.households.owneronly')} aside={<span class="badge">{homes.length}</span>}>
      <p class="quiet mb-2 text-sm">
        {words.say(homes.length === 0 ? 'web.households.owneronly.none' : 'web.households.owneronly.means')}
      </p>
      <ul class="flex flex-wrap gap-1 text-sm">
        {homes.map((home) => (
          <li key={home}>
            <a class="link touch bg-base-200 inline-flex items-center rounded px-2" href={`/households/${home}`}>
              {home}
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
