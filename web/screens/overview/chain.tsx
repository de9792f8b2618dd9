import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { Empty } from '../../parts/screen.tsx'
import { StateDot } from '../../parts/state-badge.tsx'
import { may } from '../../roles.ts'
import { ChainSteps } from './chain-steps.tsx'
import { priorityOf, storiesOf, type Story, toldStory } from './story.ts'

/**
 * One incident told in five steps, live, and the other ones beside it to choose from. The place keeps its size,
 * whatever happens in it.
 */
export function Chain() {
  const { words, estate, session } = useApp()
  const chosen = useSignal<string | null>(null)
  const told = useSignal<string | null>(null)
  const visitor = session.visitor.value
  const seesNotices = visitor.is === 'somebody' && may(visitor.session.user.role, 'readNotices')
  const stories = storiesOf(
    estate.orders.value ?? [],
    estate.alarms.value ?? [],
    seesNotices ? (estate.notices.value ?? []) : null,
  )
  const story = toldStory(stories, chosen.value, told.value)
  useEffect(() => {
    told.value = story?.order.id ?? null
  }, [story?.order.id])

  return (
    <section aria-labelledby="chain-title" class="mb-6" data-part="chain">
      <h2 id="chain-title" class="font-semibold">
        {words.say('web.chain.title')}
      </h2>
      <p class="quiet mb-2 text-sm">{words.say('web.chain.hint')}</p>
      <div class="grid min-h-[33rem] content-start gap-2 md:min-h-[25rem] lg:min-h-[19rem]">
        {story === null ? (
          <Empty icon="circle-check">
            {words.say(estate.site.value?.demo ? 'web.chain.empty.demo' : 'web.chain.empty')}
          </Empty>
        ) : (
          <>
            <ChainSteps key={story.order.id} story={story} />
            <Others stories={stories} told={story} choose={(id) => (chosen.value = id)} />
          </>
        )}
      </div>
    </section>
  )
}

type OthersProps = Readonly<{ stories: readonly Story[]; told: Story; choose: (id: string) => void }>

function Others({ stories, told, choose }: OthersProps) {
  const { words } = useApp()
  return (
    <ul class="flex gap-2 overflow-x-auto p-0.5 pb-1" aria-label={words.say('web.chain.others')}>
      {stories.map((story) => {
        const { order, isOver } = story
        const isTold = order.id === told.order.id
        return (
          <li key={order.id} class="flex-none">
            <button
              type="button"
              aria-pressed={isTold}
              class={`panel touch flex items-start gap-2 px-3 py-1.5 text-left text-sm ${isTold ? 'border-primary' : 'hover:border-base-content/40'}`}
              onClick={() => choose(order.id)}
            >
              <StateDot state={isOver ? 'ok' : priorityOf(story)} />
              <span>
                {words.of(order.assetName)}
                <span class="quiet">
                  {' · '}
                  {isOver ? words.say('web.chain.over') : words.of(order.name)}
                </span>
              </span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
