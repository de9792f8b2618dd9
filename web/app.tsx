import { ErrorBoundary, lazy, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { type App, AppContext, useApp, useWords } from './app-context.ts'
import type { Role } from './api/types.ts'
import { homeOf, maySee } from './roles.ts'
import { ForbiddenScreen, NothingScreen } from './screens/nothing/nothing.tsx'
import { OverviewScreen } from './screens/overview/overview.tsx'
import { Shell } from './shell/shell.tsx'

/** A screen is loaded when somebody first goes there: adding one does not make the first page heavier. */
const AlarmScreen = lazy(() => import('./screens/alarm/alarm.tsx').then((screen) => screen.AlarmScreen))
const AlarmsScreen = lazy(() => import('./screens/alarms/alarms.tsx').then((screen) => screen.AlarmsScreen))
const AlarmHealthScreen = lazy(() =>
  import('./screens/alarm-health/alarm-health.tsx').then((screen) => screen.AlarmHealthScreen),
)
const AssetScreen = lazy(() => import('./screens/asset/asset.tsx').then((screen) => screen.AssetScreen))
const AssetTagsScreen = lazy(() =>
  import('./screens/asset-tags/asset-tags.tsx').then((screen) => screen.AssetTagsScreen),
)
const AcceptScreen = lazy(() => import('./screens/accept/accept.tsx').then((screen) => screen.AcceptScreen))
const AccountScreen = lazy(() => import('./screens/account/account.tsx').then((screen) => screen.AccountScreen))
const BusesScreen = lazy(() => import('./screens/buses/buses.tsx').then((screen) => screen.BusesScreen))
const CasesScreen = lazy(() => import('./screens/supervision/cases.tsx').then((screen) => screen.CasesScreen))
const CaseScreen = lazy(() => import('./screens/supervision/case.tsx').then((screen) => screen.CaseScreen))
const HandoversScreen = lazy(() =>
  import('./screens/supervision/handovers.tsx').then((screen) => screen.HandoversScreen),
)
const HandoverScreen = lazy(() => import('./screens/supervision/handover.tsx').then((screen) => screen.HandoverScreen))
const ScoresScreen = lazy(() => import('./screens/supervision/scores.tsx').then((screen) => screen.ScoresScreen))
const MonthsScreen = lazy(() => import('./screens/supervision/months.tsx').then((screen) => screen.MonthsScreen))
const HealthScreen = lazy(() => import('./screens/health/health.tsx').then((screen) => screen.HealthScreen))
const SheetsScreen = lazy(() => import('./screens/errands/sheets.tsx').then((screen) => screen.SheetsScreen))
const ErrandsScreen = lazy(() => import('./screens/errands/errands.tsx').then((screen) => screen.ErrandsScreen))
const HouseholdsScreen = lazy(() =>
  import('./screens/households/households.tsx').then((screen) => screen.HouseholdsScreen),
)
const HouseholdScreen = lazy(() =>
  import('./screens/households/household.tsx').then((screen) => screen.HouseholdScreen),
)
const NoticeScreen = lazy(() => import('./screens/notice/notice.tsx').then((screen) => screen.NoticeScreen))
const NoticesScreen = lazy(() => import('./screens/notices/notices.tsx').then((screen) => screen.NoticesScreen))
const PlanScreen = lazy(() => import('./screens/plan/plan.tsx').then((screen) => screen.PlanScreen))
const OrderScreen = lazy(() => import('./screens/order/order.tsx').then((screen) => screen.OrderScreen))
const OrdersScreen = lazy(() => import('./screens/orders/orders.tsx').then((screen) => screen.OrdersScreen))
const ResetScreen = lazy(() => import('./screens/reset/reset.tsx').then((screen) => screen.ResetScreen))
const RosterScreen = lazy(() => import('./screens/roster/roster.tsx').then((screen) => screen.RosterScreen))
const SetupScreen = lazy(() => import('./screens/setup/setup.tsx').then((screen) => screen.SetupScreen))
const SilencesScreen = lazy(() => import('./screens/silences/silences.tsx').then((screen) => screen.SilencesScreen))
const SignInScreen = lazy(() => import('./screens/sign-in/sign-in.tsx').then((screen) => screen.SignInScreen))
const UsersScreen = lazy(() => import('./screens/users/users.tsx').then((screen) => screen.UsersScreen))

/** The gateway's own pages are not screens of this app. */
const OURS = /^\/(?!api\/|enter\/|metrics|[rn]\/)/

export function Root({ app }: { app: App }) {
  return (
    <AppContext.Provider value={app}>
      <LocationProvider scope={OURS}>
        <ErrorBoundary>
          <Door />
        </ErrorBoundary>
      </LocationProvider>
    </AppContext.Provider>
  )
}

/** Whoever is not signed in comes to the sign-in page, and from there back to where they wanted to go. */
function Door() {
  const { session } = useApp()
  const { path, url, route } = useLocation()
  const isAway = useAsking()
  const visitor = session.visitor.value
  const isOutside = OUTSIDE.includes(path)

  useEffect(() => {
    if (visitor.is === 'nobody' && visitor.setup && path !== '/setup') route('/setup', true)
    else if (visitor.is === 'nobody' && !visitor.setup && !isOutside) route(signInPath(url, visitor.ended), true)
    else if (visitor.is === 'somebody' && path === '/' && homeOf(visitor.session.user.role) !== '/')
      route(homeOf(visitor.session.user.role), true)
  }, [visitor, path])

  if (path === '/sign-in') return <SignInScreen />
  if (path === '/setup') return <SetupScreen />
  if (path === '/reset-password') return <ResetScreen />
  if (path === '/accept') return <AcceptScreen />
  if (visitor.is !== 'somebody') return <Waiting isAway={isAway} />
  return (
    <Shell session={visitor.session}>
      <Inside role={visitor.session.user.role} path={path} />
    </Shell>
  )
}

function Inside({ role, path }: { role: Role; path: string }) {
  if (path === '/account') return <AccountScreen />
  if (homeOf(role) === '/') return <NothingScreen />
  return maySee(role, path) ? <Screens /> : <ForbiddenScreen />
}

/** Pages of whoever is not inside. */
const OUTSIDE = ['/sign-in', '/setup', '/reset-password', '/accept']

function signInPath(from: string, ended: boolean | undefined): string {
  const query = new URLSearchParams({ ...(ended ? { ended: '' } : {}), ...(from === '/' ? {} : { next: from }) })
  return query.size === 0 ? '/sign-in' : `/sign-in?${query}`
}

function Screens() {
  return (
    <Router>
      <Route path="/overview" component={OverviewScreen} />
      <Route path="/assets/:id" component={AssetScreen} />
      <Route path="/alarms" component={AlarmsScreen} />
      <Route path="/alarms/:id" component={AlarmScreen} />
      <Route path="/silences" component={SilencesScreen} />
      <Route path="/roster" component={RosterScreen} />
      <Route path="/alarm-health" component={AlarmHealthScreen} />
      <Route path="/orders" component={OrdersScreen} />
      <Route path="/orders/:id" component={OrderScreen} />
      <Route path="/cases" component={CasesScreen} />
      <Route path="/cases/:id" component={CaseScreen} />
      <Route path="/scores" component={ScoresScreen} />
      <Route path="/months" component={MonthsScreen} />
      <Route path="/handovers" component={HandoversScreen} />
      <Route path="/handovers/:id" component={HandoverScreen} />
      <Route path="/asset-tags" component={AssetTagsScreen} />
      <Route path="/notices" component={NoticesScreen} />
      <Route path="/notices/new" component={PlanScreen} />
      <Route path="/notices/:id" component={NoticeScreen} />
      <Route path="/households" component={HouseholdsScreen} />
      <Route path="/households/:id" component={HouseholdScreen} />
      <Route path="/errands" component={ErrandsScreen} />
      <Route path="/errands/:id" component={SheetsScreen} />
      <Route path="/health" component={HealthScreen} />
      <Route path="/buses" component={BusesScreen} />
      <Route path="/users" component={UsersScreen} />
      <Route path="/" component={Blank} />
      <Route default component={NothingScreen} />
    </Router>
  )
}

function Blank() {
  return null
}

const RETRY_MS = 2_000

/** Asks who we are until the gateway answers; true while it does not. */
function useAsking(): boolean {
  const { session } = useApp()
  const [isAway, setAway] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = () => {
      session.ask().then(
        () => setAway(false),
        () => {
          setAway(true)
          timer = setTimeout(ask, RETRY_MS)
        },
      )
    }
    ask()
    return () => clearTimeout(timer)
  }, [])
  return isAway
}

function Waiting({ isAway }: { isAway: boolean }) {
  const words = useWords()
  return (
    <main class="grid min-h-screen place-items-center p-6">
      <h1 class="sr-only">Caretaker</h1>
      <p role="status" class="quiet">
        {isAway ? words.say('web.line.away') : ''}
      </p>
    </main>
  )
}
