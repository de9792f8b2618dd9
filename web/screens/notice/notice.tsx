import { useRoute } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Notice } from '../../api/types.ts'
import { Actions } from '../../parts/action.tsx'
import { useItem } from '../../parts/item.ts'
import { Empty, Facts, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { deliveredText, homesText } from '../../parts/sentences.ts'
import { NoticeBadge } from '../../parts/state-badge.tsx'
import { Times } from '../../parts/times.tsx'
import { may } from '../../roles.ts'
import { noticeActions } from '../notices/notice-actions.ts'
import { DraftClock } from '../notices/draft-clock.tsx'
import { WithSentences } from '../notices/sentences.tsx'
import { Ledger } from './ledger.tsx'
import { WorkDeeds } from './work-deeds.tsx'
import { NoticeProgress } from './work-facts.tsx'
import { ReachPanel } from './reach.tsx'

/** One notice: its words in each language, and who was reached. */
export function NoticeScreen() {
  return <WithSentences>{() => <OneNotice />}</WithSentences>
}

function OneNotice() {
  const { words, estate } = useApp()
  const { params } = useRoute()
  const notice = useItem<Notice>(estate.notices, '/notices', params.id ?? '')
  const under = { href: '/notices', name: words.say('web.screen.notices') }
  return (
    <Screen
      title={notice ? words.of(notice.title) : words.say('web.screen.notices')}
      {...(notice ? { hint: words.of(notice.assetName) } : {})}
      under={under}
    >
      {notice === undefined && <Skeletons count={2} height="h-48" />}
      {notice === null && <Empty icon="megaphone">{words.say('web.gone')}</Empty>}
      {notice && <NoticeDetails notice={notice} />}
    </Screen>
  )
}

function NoticeDetails({ notice }: { notice: Notice }) {
  const { words, session } = useApp()
  const ledger = useLedger(notice)
  const visitor = session.visitor.value
  if (visitor.is !== 'somebody') return null
  const { role } = visitor.session.user
  const asset = words.of(notice.assetName)
  const by = notice.publishedBy === 'caretaker' ? words.say('web.notice.published_itself') : notice.publishedBy
  return (
    <>
      <div class="mb-4 flex flex-wrap items-center gap-2">
        <NoticeBadge state={notice.state} />
        <span class="text-sm">{words.say(`web.notice.says.${notice.state}`)}</span>
        {notice.pageOnly && <span class="badge badge-ghost">{words.say('web.notice.page_only')}</span>}
        <DraftClock notice={notice} />
        <span class="quiet text-sm">{notice.id}</span>
      </div>
      <div class="mb-4">
        <Actions actions={noticeActions(notice, role)} />
        <WorkDeeds notice={notice} />
      </div>
      <NoticeProgress notice={notice} />
      <div class="grid items-start gap-3 lg:grid-cols-2">
        <Panel title={words.say('web.notice.text')}>
          <div class="grid gap-3">
            {(['zh-CN', 'en'] as const).map((language) => (
              <blockquote key={language} lang={language} class="bg-base-200 rounded-field p-3 text-sm">
                <strong class="block">{notice.title[language]}</strong>
                {notice.text[language]}
              </blockquote>
            ))}
          </div>
        </Panel>
        <Panel title={words.say('web.times')}>
          <Times
            times={[
              [words.say('web.notice.time.drafted'), notice.draftedAt, null],
              [words.say('web.notice.time.published'), notice.publishedAt, by],
              [words.say('web.notice.time.monitoring'), notice.monitoringSince, null],
              [
                words.say(`web.notice.time.${notice.state === 'withdrawn' ? 'withdrawn' : 'ended'}`),
                notice.endedAt,
                null,
              ],
            ]}
          />
          <div class="border-base-300 mt-4 border-t pt-3">
            <Facts
              facts={[
                [words.say('web.notice.homes'), homesText(words, notice.homes)],
                [words.say('web.notice.told'), deliveredText(words, notice.reached.told)],
                [words.say('web.step.clear'), deliveredText(words, notice.reached.allClear)],
                [
                  words.say('web.alarm.where'),
                  may(role, 'readPlant') ? (
                    <a class="link" href={`/assets/${notice.asset}`}>
                      {asset}
                    </a>
                  ) : (
                    asset
                  ),
                ],
                [
                  words.say('web.step.order'),
                  notice.orderId === '' ? null : (
                    <a class="link" href={`/orders/${notice.orderId}`}>
                      {notice.orderId}
                    </a>
                  ),
                ],
                [words.say('web.trace'), <code class="text-xs break-all">{notice.trace}</code>],
              ]}
            />
          </div>
        </Panel>
      </div>
      <div class="mt-3">
        <ReachPanel notice={notice} />
      </div>
      <Ledger lines={ledger} />
    </>
  )
}

/** The live list only counts; the ledger itself is read again whenever the counts have changed. */
function useLedger(notice: Notice) {
  const { connection } = useApp()
  const [lines, setLines] = useState(notice.ledger ?? null)
  const version = JSON.stringify([notice.state, notice.reached])
  useEffect(() => {
    let isWanted = true
    connection.getIfThere<Notice>(`/notices/${encodeURIComponent(notice.id)}`).then(
      (found) => isWanted && setLines(found?.ledger ?? []),
      // It is read again with the next change.
      () => {},
    )
    return () => {
      isWanted = false
    }
  }, [notice.id, version])
  return lines
}
