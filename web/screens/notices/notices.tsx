import { useLocation } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import type { Notice } from '../../api/types.ts'
import { FilterTabs } from '../../parts/filter-tabs.tsx'
import { Moment } from '../../parts/moment.tsx'
import { useOlder } from '../../parts/older.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { deliveredText, homesText } from '../../parts/sentences.ts'
import { NoticeBadge } from '../../parts/state-badge.tsx'
import { isOver } from './notice-actions.ts'

/** Notices as residents read them: drafts that wait for somebody first. */
export function NoticesScreen() {
  const { words, estate } = useApp()
  const { query } = useLocation()
  const isEnded = query.state === 'ended'
  const notices = estate.notices.value
  const ended = useOlder<Notice>('/notices', isEnded ? (notices ?? []).filter(isOver) : null)
  const open = (notices ?? []).filter((notice) => !isOver(notice))
  const drafts = open.filter(({ state }) => state === 'draft')
  const shown = isEnded ? ended.items : [...drafts, ...open.filter(({ state }) => state !== 'draft')]
  return (
    <Screen
      title={words.say('web.screen.notices')}
      aside={
        <FilterTabs
          base="/notices"
          label={words.say('web.filter')}
          chosen={isEnded ? 'ended' : 'open'}
          options={[
            ['open', words.say('web.filter.open')],
            ['ended', words.say('web.filter.ended')],
          ]}
        />
      }
    >
      {notices === null ? (
        <Skeletons count={4} height="h-28" />
      ) : shown.length === 0 ? (
        <Empty icon="circle-check">{words.say(isEnded ? 'web.notices.empty.ended' : 'web.notices.empty')}</Empty>
      ) : (
        <ul class="grid gap-2 md:grid-cols-2 2xl:grid-cols-3">
          {shown.map((notice) => (
            <NoticeCard key={notice.id} notice={notice} />
          ))}
        </ul>
      )}
      {isEnded && ended.more}
    </Screen>
  )
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
