import { useLocation } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import type { Notice } from '../../api/types.ts'
import { FilterTabs } from '../../parts/filter-tabs.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { useOlder } from '../../parts/older.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { deliveredText, homesText } from '../../parts/sentences.ts'
import { NoticeBadge } from '../../parts/state-badge.tsx'
import { may } from '../../roles.ts'
import { useRole } from '../alarms/person.tsx'
import { DraftClock } from './draft-clock.tsx'
import { isAhead, isOver } from './notice-actions.ts'
import { WithSentences } from './sentences.tsx'

const PARTS = ['open', 'planned', 'ended'] as const
type Part = (typeof PARTS)[number]

export function NoticesScreen() {
  return <WithSentences>{() => <Notices />}</WithSentences>
}

/** Notices as residents read them: drafts that wait for somebody first. */
function Notices() {
  const { words, estate } = useApp()
  const role = useRole()
  const { query } = useLocation()
  const part: Part = PARTS.find((each) => each === query.state) ?? 'open'
  const notices = estate.notices.value
  const ended = useOlder<Notice>('/notices', part === 'ended' ? (notices ?? []).filter(isOver) : null)
  const open = (notices ?? []).filter((notice) => !isOver(notice))
  const now = open.filter((notice) => !isAhead(notice))
  const shown: Readonly<Record<Part, () => readonly Notice[]>> = {
    open: () => now.toSorted((a, b) => Number(b.state === 'draft') - Number(a.state === 'draft')),
    planned: () => open.filter(isAhead).toSorted((a, b) => fromOf(a) - fromOf(b)),
    ended: () => ended.items,
  }
  const empty = {
    open: 'web.notices.empty',
    planned: 'web.notices.empty.planned',
    ended: 'web.notices.empty.ended',
  } as const
  const list = shown[part]()
  return (
    <Screen
      title={words.say('web.screen.notices')}
      aside={
        <div class="flex flex-wrap items-center gap-2">
          {role && may(role, 'planWork') && (
            <a href="/notices/new" class="btn btn-sm touch">
              <Icon name="wrench" />
              {words.say('web.plan.title')}
            </a>
          )}
          <FilterTabs
            base="/notices"
            label={words.say('web.filter')}
            chosen={part}
            options={PARTS.map((each) => [each, words.say(`web.notice.tab.${each}`)])}
          />
        </div>
      }
    >
      {notices === null ? (
        <Skeletons count={4} height="h-28" />
      ) : list.length === 0 ? (
        <Empty icon="circle-check">{words.say(empty[part])}</Empty>
      ) : (
        <ul class="grid gap-2 md:grid-cols-2 2xl:grid-cols-3">
          {list.map((notice) => (
            <NoticeCard key={notice.id} notice={notice} />
          ))}
        </ul>
      )}
      {part === 'ended' && ended.more}
    </Screen>
  )
}

function fromOf({ planned }: Notice): number {
  return planned ? Date.parse(planned.from) : 0
}

function NoticeCard({ notice }: { notice: Notice }) {
  const { words } = useApp()
  const { told } = notice.reached
  return (
    <li>
      <a
        href={`/notices/${notice.id}`}
        data-notice={notice.id}
        class="panel hover:border-base-content/40 flex h-full flex-col gap-1 p-3 text-sm"
      >
        <span class="flex items-start justify-between gap-2">
          <strong class="min-w-0 break-words">{words.of(notice.title)}</strong>
          <NoticeBadge state={notice.state} />
        </span>
        <span class="break-words">{words.of(notice.text)}</span>
        <DraftClock notice={notice} />
        <span class="quiet mt-auto flex flex-wrap justify-between gap-x-3 pt-1">
          <span>
            {[homesText(words, notice.homes), deliveredText(words, told), notice.id].filter(Boolean).join(' · ')}
          </span>
          <Moment at={notice.endedAt ?? notice.publishedAt ?? notice.draftedAt} />
        </span>
      </a>
    </li>
  )
}
