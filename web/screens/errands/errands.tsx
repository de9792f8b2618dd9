import { useEffect, useState } from 'preact/hooks'
import type { Errand } from '../../api/household-types.ts'
import type { Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { ByWhom, Refused, useSending } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import type { Words } from '../../words/words.ts'
import { useHouseholdWords } from '../households/sentences.ts'

const LOOK_EVERY_MS = 10_000
const MOST_NAMED = 8

/** What no message does: doors to knock at, calls to make, sheets to hang up; and the same on paper. */
export function ErrandsScreen() {
  const { words } = useApp()
  const isSaid = useHouseholdWords()
  return (
    <Screen
      title={words.say('web.screen.errands')}
      {...(isSaid ? { hint: words.say('web.errands.hint') } : {})}
      aside={
        isSaid && (
          <button type="button" class="btn touch print:hidden" onClick={() => window.print()}>
            <Icon name="clipboard-list" />
            {words.say('web.errands.print')}
          </button>
        )
      }
    >
      {isSaid ? <Errands /> : <Skeletons count={3} height="h-20" />}
    </Screen>
  )
}

function Errands() {
  const { words, connection, session } = useApp()
  const [errands, setErrands] = useState<readonly Errand[] | null>(null)
  const sending = useSending()
  const visitor = session.visitor.value
  const own = visitor.is === 'somebody' ? visitor.session.user.person : null
  const [by, setBy] = useState(own ?? '')
  const look = () => {
    connection.get<Page<Errand>>('/reach-tasks').then(
      ({ items }) => setErrands(items),
      () => setErrands((known) => known ?? []),
    )
  }
  useEffect(() => {
    look()
    const timer = setInterval(look, LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  const done = async ({ id }: Errand, result: 'told' | 'not_met') => {
    if (await sending.send(`/reach-tasks/${id}/done`, { by, result })) look()
  }
  if (errands === null) return <Skeletons count={3} height="h-20" />
  if (errands.length === 0) return <Empty icon="circle-check">{words.say('web.errands.none')}</Empty>
  return (
    <div class="grid gap-3">
      {own === null && <ByWhom by={by} choose={setBy} />}
      <Refused text={sending.refused} />
      <ul class="grid gap-2 lg:grid-cols-2">
        {errands.map((errand) => (
          <li key={errand.id} class="panel grid gap-2 p-3 text-sm">
            <div class="flex flex-wrap items-center gap-2">
              <span class="badge">{words.say(`web.errands.kind.${errand.kind}`)}</span>
              <strong>{errand.entrance ?? errand.homes.join(', ')}</strong>
              <span class="quiet">{words.say(`web.reach.part.${errand.part}`)}</span>
              <Moment at={errand.openedAt} class="quiet ml-auto" />
            </div>
            <p class="quiet">
              {words.say(`web.errands.why.${errand.why}`)} · {errand.notice}
              {errand.attempt > 1 && ` · ${words.say('web.errands.attempt', { attempt: errand.attempt })}`}
              {errand.entrance && ` · ${homesOf(errand, words)}`}
            </p>
            <Due at={errand.dueAt} />
            {errand.contacts?.map(({ name, phone }) => (
              <a key={phone} class="link touch inline-flex items-center" href={`tel:${phone}`}>
                {name} {phone}
              </a>
            ))}
            <div class="flex flex-wrap gap-2 print:hidden">
              <button
                type="button"
                class="btn btn-primary touch"
                disabled={sending.isBusy || by === ''}
                onClick={() => void done(errand, 'told')}
              >
                <Icon name="check" />
                {words.say(errand.kind === 'sheet' ? 'web.errands.hung' : 'web.errands.told')}
              </button>
              {errand.kind === 'sheet' && (
                <a class="btn touch" href={`/errands/${encodeURIComponent(errand.notice)}`}>
                  <Icon name="clipboard-list" />
                  {words.say('web.errands.sheet')}
                </a>
              )}
              {errand.kind !== 'sheet' && (
                <button
                  type="button"
                  class="btn touch"
                  disabled={sending.isBusy || by === ''}
                  onClick={() => void done(errand, 'not_met')}
                >
                  {words.say('web.errands.notmet')}
                </button>
              )}
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Whoever hangs up a sheet for a whole house needs no list of its homes. */
function homesOf({ homes }: Errand, words: Words): string {
  return homes.length > MOST_NAMED ? words.say('web.reach.opened.homes', { homes: homes.length }) : homes.join(', ')
}

/** Errands of planned work are done a day before it. */
function Due({ at }: { at: string | null }) {
  const { words, estate } = useApp()
  if (at === null) return null
  const wall = estate.clock.now.peek() + (estate.health.value?.wallOffsetMs ?? 0)
  const time = words.format.moment(at)
  if (Date.parse(at) >= wall) return <p>{words.say('web.errands.due', { time })}</p>
  return <p class="alert alert-warning alert-soft">{words.say('web.errands.late', { time })}</p>
}
