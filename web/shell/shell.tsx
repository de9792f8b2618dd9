import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import type { Session } from '../api/types.ts'
import { Icon } from '../parts/icon.tsx'
import { screensOf } from '../roles.ts'
import { Account } from './account.tsx'
import { Announcements, LineBadge, SiteTime } from './line-state.tsx'
import { Navigation } from './navigation.tsx'
import { Palette } from './palette.tsx'
import { Preferences } from './preferences.tsx'

/** What stands around every screen. */
export function Shell({ session, children }: { session: Session; children: ComponentChildren }) {
  const { words, estate } = useApp()
  const { role } = session.user
  const hasScreens = screensOf(role).length > 0
  const [isSearching, setSearching] = useState(false)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k' && hasScreens) {
        event.preventDefault()
        setSearching(true)
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [hasScreens])
  const site = estate.site.value
  return (
    <>
      <a
        href="#content"
        class="btn btn-primary fixed top-2 left-2 z-50 -translate-y-20 focus:translate-y-0"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('content')?.focus()
        }}
      >
        {words.say('web.skip')}
      </a>
      <header class="print:hidden bg-base-100 border-base-300 fixed inset-x-0 top-0 z-20 flex h-14 items-center gap-1 border-b px-3 sm:gap-3 lg:px-4">
        <a href="/" class="flex min-h-11 min-w-0 flex-1 items-center gap-2 font-semibold">
          <img src="/icon.svg" alt="" width="28" height="28" class="flex-none" />
          <span class="truncate">{site ? words.of(site.name) : 'Caretaker'}</span>
          {site && (site.demo || site.speed !== 1) && (
            <span class="badge badge-warning badge-soft hidden flex-none md:inline-flex">
              {[site.demo && words.say('web.demo'), site.speed !== 1 && words.say('web.speed', { speed: site.speed })]
                .filter(Boolean)
                .join(' · ')}
            </span>
          )}
        </a>
        {hasScreens && <LineBadge />}
        <SiteTime />
        {hasScreens && (
          <button
            type="button"
            class="btn btn-ghost btn-sm touch min-w-11 px-2"
            aria-label={words.say('web.palette')}
            onClick={() => setSearching(true)}
          >
            <Icon name="search" />
            <kbd class="kbd kbd-sm hidden xl:inline-flex">Ctrl K</kbd>
          </button>
        )}
        <span class="hidden sm:contents">
          <Preferences />
        </span>
        <Account session={session} />
      </header>
      <Navigation role={role} />
      <Announcements />
      <main
        id="content"
        tabIndex={-1}
        class="mx-auto min-h-screen max-w-[100rem] px-3 pt-18 pb-24 outline-none sm:px-4 lg:pr-6 lg:pb-8 lg:pl-58"
      >
        {children}
      </main>
      {isSearching && <Palette role={role} onClose={() => setSearching(false)} />}
    </>
  )
}
