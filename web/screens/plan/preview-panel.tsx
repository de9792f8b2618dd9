import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { Empty, Facts, Panel } from '../../parts/screen.tsx'
import type { Preview } from './choices.ts'

/** What each channel would carry, in each language, with its bytes; to how many homes, and what that costs. */
export function PreviewPanel({ preview }: { preview: Preview | null }) {
  const { words } = useApp()
  const [wanted, setWanted] = useState('screen')
  if (!preview)
    return (
      <Panel title={words.say('web.plan.preview')}>
        <Empty icon="megaphone">{words.say('web.plan.preview.empty')}</Empty>
      </Panel>
    )
  const channels = [...new Set(preview.texts.map(({ channel }) => channel))]
  const chosen = channels.includes(wanted) ? wanted : channels[0]
  const { cost, sending } = preview
  return (
    <Panel title={words.say('web.plan.preview')}>
      <p class="mb-3 text-sm" data-homes={preview.homes}>
        <strong>{words.say('web.plan.homes', { n: words.format.number(preview.homes) })}</strong>
        {' · '}
        {sending.told !== null
          ? words.say('web.plan.sending.cost', {
              yuan: sending.yuan.toFixed(2),
              messages: sending.messages,
              parts: sending.parts,
            })
          : cost.isPaid
            ? words.say('web.plan.cost', {
                total: cost.total.toFixed(2),
                parts: cost.parts,
                price: words.format.number(cost.perPart),
              })
            : words.say('web.plan.cost.none')}
      </p>
      <SendingFacts sending={sending} />
      <label class="mb-3 grid gap-1">
        <span class="text-sm font-medium">{words.say('web.plan.channel')}</span>
        <select class="select touch w-full" value={chosen} onChange={(event) => setWanted(event.currentTarget.value)}>
          {channels.map((channel) => (
            <option key={channel} value={channel}>
              {words.sayCode('text_channel', channel)}
            </option>
          ))}
        </select>
      </label>
      <div class="grid gap-3">
        {preview.texts
          .filter(({ channel }) => channel === chosen)
          .map(({ language, title, body, bytes, most, parts }) => (
            <blockquote key={language} lang={language} class="bg-base-200 rounded-field p-3 text-sm">
              <strong class="block break-words">{title}</strong>
              <span class="break-words whitespace-pre-line">{body}</span>
              <span class="quiet mt-1 block text-xs">
                {words.say('web.plan.bytes', { bytes, most })}
                {parts !== null && ` · ${words.say('web.plan.parts', { n: parts })}`}
              </span>
            </blockquote>
          ))}
      </div>
    </Panel>
  )
}

/** When telephones ring, and who is told otherwise. */
function SendingFacts({ sending }: Pick<Preview, 'sending'>) {
  const { words } = useApp()
  const { told, informed, noContact, isOverCap, waiting, ringAt, remindAt } = sending
  const homes = (n: number) => (n > 0 ? words.say('web.plan.homes', { n: words.format.number(n) }) : null)
  const rings = ringAt
    ? words.say('web.plan.sending.waits', { n: waiting, time: words.format.moment(ringAt) })
    : words.say('web.plan.sending.now')
  return (
    <div class="mb-3" data-sending>
      <Facts
        facts={[
          [words.say('web.plan.sending.rings'), told === null ? null : rings],
          [words.say('web.plan.sending.reminders'), remindAt.map((at) => words.format.moment(at)).join(' · ') || null],
          [words.say('web.plan.sending.nocontact'), homes(noContact)],
          [words.say('web.plan.sending.informed'), homes(informed)],
        ]}
      />
      {isOverCap && <p class="alert alert-warning alert-soft mt-2">{words.say('web.plan.sending.overcap')}</p>}
    </div>
  )
}
