import type { Notice } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Facts, Panel } from '../../parts/screen.tsx'

/** What is promised, what was said on the way, and what is planned. */
export function NoticeProgress({ notice }: { notice: Notice }) {
  const { words } = useApp()
  const { planned, eta, nextUpdateAt, clearAt, updates, rejected, endedAt } = notice
  const moment = (at: string | null) => (at === null || endedAt !== null ? null : words.format.moment(at))
  const quality = planned?.quality
  const water = quality
    ? words.say(quality.isFit ? 'web.notice.quality.fit' : 'web.notice.quality.unfit', {
        turbidity: words.format.number(quality.turbidityNtu),
        chlorine: words.format.number(quality.freeChlorineMgL),
      })
    : planned?.needsQuality
      ? words.say('web.notice.quality.needed')
      : null
  const facts = [
    [words.say('web.notice.work'), planned ? words.sayCode('planned_work', planned.work) : null],
    [words.say('web.notice.from'), planned ? words.format.moment(planned.from) : null],
    [words.say('web.notice.to'), planned ? words.format.moment(planned.to) : null],
    [words.say('web.notice.by'), planned?.by ?? null],
    [words.say('web.notice.second'), planned?.second ?? null],
    [words.say('web.notice.reason'), planned?.reason ?? null],
    [words.say('web.notice.silent'), planned && planned.rules.length > 0 ? planned.rules.join(', ') : null],
    [words.say('web.notice.quality'), water],
    [words.say('web.notice.eta'), moment(eta)],
    [words.say('web.notice.next_update'), notice.publishedAt && !planned ? moment(nextUpdateAt) : null],
    [words.say('web.notice.clear_at'), moment(clearAt)],
    [
      words.say('web.notice.reject'),
      rejected ? words.say('web.notice.rejected_by', { by: rejected.by, reason: rejected.reason }) : null,
    ],
  ] as const
  if (facts.every(([, value]) => value === null) && updates.length === 0) return null
  return (
    <div class="mb-3">
      <Panel title={words.say('web.notice.updates')}>
        <Facts facts={facts} />
        {updates.length > 0 && (
          <ol class="border-base-300 mt-3 grid gap-2 border-t pt-3 text-sm">
            {updates.toReversed().map(({ at, by, text }) => (
              <li key={at}>
                <span class="quiet">
                  {words.format.moment(at)} · {by}
                </span>
                <span class="block break-words">{text}</span>
              </li>
            ))}
          </ol>
        )}
      </Panel>
    </div>
  )
}
