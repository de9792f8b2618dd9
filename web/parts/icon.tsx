import activity from 'lucide-static/icons/activity.svg?raw'
import arrowLeft from 'lucide-static/icons/arrow-left.svg?raw'
import bell from 'lucide-static/icons/bell.svg?raw'
import cable from 'lucide-static/icons/cable.svg?raw'
import check from 'lucide-static/icons/check.svg?raw'
import chevronLeft from 'lucide-static/icons/chevron-left.svg?raw'
import chevronRight from 'lucide-static/icons/chevron-right.svg?raw'
import circleCheck from 'lucide-static/icons/circle-check.svg?raw'
import clipboardList from 'lucide-static/icons/clipboard-list.svg?raw'
import clock from 'lucide-static/icons/clock.svg?raw'
import flag from 'lucide-static/icons/flag.svg?raw'
import gauge from 'lucide-static/icons/gauge.svg?raw'
import house from 'lucide-static/icons/house.svg?raw'
import keyRound from 'lucide-static/icons/key-round.svg?raw'
import languages from 'lucide-static/icons/languages.svg?raw'
import layoutDashboard from 'lucide-static/icons/layout-dashboard.svg?raw'
import logIn from 'lucide-static/icons/log-in.svg?raw'
import logOut from 'lucide-static/icons/log-out.svg?raw'
import mapPin from 'lucide-static/icons/map-pin.svg?raw'
import megaphone from 'lucide-static/icons/megaphone.svg?raw'
import moon from 'lucide-static/icons/moon.svg?raw'
import rotateCcw from 'lucide-static/icons/rotate-ccw.svg?raw'
import search from 'lucide-static/icons/search.svg?raw'
import sun from 'lucide-static/icons/sun.svg?raw'
import triangleAlert from 'lucide-static/icons/triangle-alert.svg?raw'
import undo2 from 'lucide-static/icons/undo-2.svg?raw'
import user from 'lucide-static/icons/user.svg?raw'
import users from 'lucide-static/icons/users.svg?raw'
import wrench from 'lucide-static/icons/wrench.svg?raw'
import x from 'lucide-static/icons/x.svg?raw'
import zap from 'lucide-static/icons/zap.svg?raw'
import zoomIn from 'lucide-static/icons/zoom-in.svg?raw'
import zoomOut from 'lucide-static/icons/zoom-out.svg?raw'

const ICONS = {
  activity,
  'arrow-left': arrowLeft,
  bell,
  cable,
  check,
  'chevron-left': chevronLeft,
  'chevron-right': chevronRight,
  'circle-check': circleCheck,
  'clipboard-list': clipboardList,
  clock,
  flag,
  gauge,
  house,
  'key-round': keyRound,
  languages,
  'layout-dashboard': layoutDashboard,
  'log-in': logIn,
  'log-out': logOut,
  'map-pin': mapPin,
  megaphone,
  moon,
  'rotate-ccw': rotateCcw,
  search,
  sun,
  'triangle-alert': triangleAlert,
  'undo-2': undo2,
  user,
  users,
  wrench,
  x,
  zap,
  'zoom-in': zoomIn,
  'zoom-out': zoomOut,
} as const
export type IconName = keyof typeof ICONS

/** The one place that sets markup: drawings that were built in, never anything that came over a wire. */
export function Icon({ name, class: more = '' }: { name: IconName; class?: string }) {
  return <span aria-hidden="true" class={`icon ${more}`} dangerouslySetInnerHTML={{ __html: ICONS[name] }} />
}
