import { useLocation } from 'preact-iso'
import { useApp } from '../app-context.ts'
import type { Role } from '../api/types.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import { type ScreenName, screensOf } from '../roles.ts'

export const SCREEN_ICONS: Readonly<Record<ScreenName, IconName>> = {
  overview: 'layout-dashboard',
  orders: 'clipboard-list',
  alarms: 'bell',
  notices: 'megaphone',
  health: 'activity',
  buses: 'cable',
  households: 'house',
  errands: 'flag',
}

/** The screens of a role: down the side on a desk, along the bottom under a thumb. */
export function Navigation({ role }: { role: Role }) {
  const { words } = useApp()
  const { path } = useLocation()
  const counts = useCounts()
  const screens = screensOf(role)
  if (screens.length === 0) return null
  return (
    <nav
      aria-label={words.say('web.nav')}
      class="print:hidden bg-base-100 border-base-300 fixed inset-x-0 bottom-0 z-20 border-t pb-[env(safe-area-inset-bottom)] lg:top-14 lg:right-auto lg:w-52 lg:border-t-0 lg:border-r lg:pt-3"
    >
      <ul class="flex lg:flex-col lg:gap-1 lg:px-2">
        {screens.map((name) => {
          const isHere =
            path === `/${name}` ||
            path.startsWith(`/${name}/`) ||
            (name === 'overview' && path.startsWith('/assets/')) ||
            (name === 'alarms' && ['/silences', '/alarm-health'].includes(path))
          const count = counts[name]
          return (
            <li key={name} class="min-w-0 flex-auto">
              <a
                href={`/${name}`}
                aria-current={isHere ? 'page' : undefined}
                class={`rounded-field flex min-h-14 min-w-0 flex-col items-center justify-center gap-0.5 px-0.5 text-xs lg:min-h-10 lg:flex-row lg:justify-start lg:gap-3 lg:px-3 lg:text-sm ${isHere ? 'text-primary font-semibold lg:bg-primary/10' : 'hover:bg-base-200'}`}
              >
                <Icon name={SCREEN_ICONS[name]} class="size-5" />
                <span class="max-w-full truncate lg:flex-1">
                  {words.say(`web.screen.${name}`)}
                  {count > 0 && <span class="lg:hidden"> {count}</span>}
                </span>
                {count > 0 && (
                  <span aria-hidden="true" class="badge badge-sm hidden lg:inline-flex">
                    {count}
                  </span>
                )}
              </a>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

function useCounts(): Readonly<Record<ScreenName, number>> {
  const { estate } = useApp()
  const isOver = ['closed', 'all_clear', 'withdrawn', 'completed', 'cancelled', 'normal']
  const open = (list: readonly { state: string }[] | null) =>
    (list ?? []).filter(({ state }) => !isOver.includes(state)).length
  return {
    overview: 0,
    alarms: open(estate.alarms.value),
    orders: open(estate.orders.value),
    notices: open(estate.notices.value),
    health: 0,
    buses: 0,
    households: 0,
    errands: 0,
  }
}
