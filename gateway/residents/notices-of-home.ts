import { isEnd } from '#rules/notices/states.ts'
import type { NoticeDocument } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

/** What a resident may see: what was told, now and lately. Drafts and what was rejected are nobody's business yet. */
export type NoticesOfHome = Readonly<{
  current: readonly NoticeDocument[]
  planned: readonly NoticeDocument[]
  ended: readonly NoticeDocument[]
}>

const LATELY_MS = 30 * 24 * 3_600_000
const HIDDEN: ReadonlySet<string> = new Set(['draft', 'rejected', 'withdrawn'])
const MOST = 200

export async function noticesOfHome(
  read: Pick<Store['read'], 'list'>,
  home: string,
  now: number,
): Promise<NoticesOfHome> {
  const [open, ended] = await Promise.all([
    read.list('notices', { state: 'open', limit: MOST }),
    read.list('notices', { state: 'ended', limit: MOST }),
  ])
  const mine = (notice: NoticeDocument) => isShown(notice) && notice.homeIds.includes(home)
  const own = open.items.filter(mine)
  const isAhead = ({ state }: NoticeDocument) => state === 'scheduled' || state === 'reminded'
  return {
    current: own.filter((notice) => !isAhead(notice)),
    planned: own.filter(isAhead).toSorted((a, b) => (a.planned?.from ?? 0) - (b.planned?.from ?? 0)),
    ended: ended.items.filter((notice) => mine(notice) && now - (notice.endedAt ?? 0) < LATELY_MS),
  }
}

/** Told to somebody: what was withdrawn, or not told, is not. */
export function isShown({ state }: Pick<NoticeDocument, 'state'>): boolean {
  return !HIDDEN.has(state)
}

/** How grave its banner looks. */
export function toneOf({ state }: Pick<NoticeDocument, 'state'>): 'off' | 'soon' | 'back' | 'over' {
  if (isEnd(state)) return 'over'
  if (state === 'monitoring' || state === 'verifying') return 'back'
  return state === 'scheduled' || state === 'reminded' ? 'soon' : 'off'
}
