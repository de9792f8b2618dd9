import type { Silence } from '../../api/alarm-types.ts'
import type { Alarm, Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Facts, Panel } from '../../parts/screen.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { whyNotText } from '../alarms/why-not.ts'

const EVERY_MS = 60_000

/** Whether anybody was told, and if not: by whom or what, why, and until when. */
export function ToldPanel({ alarm }: { alarm: Alarm }) {
  const { words } = useApp()
  if (alarm.state === 'normal' && alarm.announcedAt === null) return null
  return (
    <Panel title={words.say('web.alarm.told.title')}>
      {alarm.whyNot === null || alarm.state === 'normal' ? (
        <p class="text-sm">
          {alarm.announcedAt === null
            ? words.say('web.alarm.untold')
            : words.say('web.alarm.told.yes', { time: words.format.moment(alarm.announcedAt) })}
        </p>
      ) : (
        <WhyNot alarm={alarm} />
      )}
    </Panel>
  )
}

function WhyNot({ alarm }: { alarm: Alarm }) {
  const { words } = useApp()
  const { found } = useLookedAt<Page<Silence>>('/silences?state=open&limit=200', EVERY_MS, alarm)
  const { shelf, service, window, root } = alarm.whyNot ?? {}
  const silence = found?.items.find(({ id }) => [shelf, service, window].includes(id))
  return (
    <div data-told="no" class="grid gap-2 text-sm">
      <p>{whyNotText(words, alarm.whyNot)}</p>
      {root && (
        <p>
          <a class="link" href={`/alarms/${root}`}>
            {words.say('web.alarm.incident.root')} {root}
          </a>
        </p>
      )}
      {silence && (
        <Facts
          facts={[
            [words.say('web.alarm.told.reason'), <q>{silence.reason}</q>],
            [words.say('web.alarm.told.by'), silence.by === 'caretaker' ? words.say('web.alarm.itself') : silence.by],
            [words.say('web.alarm.told.second'), silence.second],
            [words.say('web.alarm.remove.order'), silence.order],
            [
              words.say('web.alarm.told.until'),
              silence.to &&
                [words.format.moment(silence.to), silence.oneShot && words.say('web.alarm.told.one_shot')]
                  .filter(Boolean)
                  .join(', '),
            ],
          ]}
        />
      )}
    </div>
  )
}
