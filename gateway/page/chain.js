import { element, keyedList, moment, write } from './element.js'

const SHOWN = 6

/**
 * The story of each incident in five steps: reading, alarm, order, notice, all-clear. A step is lit when it has
 * happened; one that has not says what it waits for.
 */
export function chainView(root, empty, words) {
  const render = keyedList(root, (story) => card(story, words))
  return ({ alarms, orders, notices, isDemo }) => {
    const stories = orders.slice(0, SHOWN).map((order) => {
      const own = alarms.filter((alarm) => order.alarmIds.includes(alarm.id))
      const first = own.find((alarm) => alarm.id === order.alarmId) ?? own.at(-1) ?? null
      const notice = notices === null ? 'hidden' : (notices.find((each) => each.orderId === order.id) ?? null)
      return { key: order.id, data: { language: words.language, order, first, notice } }
    })
    render(stories)
    empty.hidden = stories.length > 0
    write(empty, words.say(isDemo ? 'page.chain.empty.demo' : 'page.chain.empty'))
  }
}

function card({ order, first, notice }, words) {
  const isTelling = notice !== null && notice !== 'hidden'
  const isOver = order.state === 'closed' && (!isTelling || notice.endedAt !== null)
  const title = element('h3', words.of(first?.name ?? order.name))
  const place = element('span.place', words.of(order.assetName))
  const state = element('span.pill', words.say(isOver ? 'page.card.over' : 'page.card.running'))
  const made = element(
    isOver ? 'li.card.over' : 'li.card',
    element('div.card-head', element('div.card-title', title, place), state),
    element(
      'ol.steps',
      reading(first, words),
      alarm(first, order, words),
      work(order, words),
      ...end(order, notice, words),
    ),
    element('p.trace', words.say('page.card.trace', { trace: order.trace })),
  )
  return made
}

/** @param {'done' | 'now' | 'next' | 'none'} state */
function step(kind, state, words, at, ...lines) {
  const said = lines
    .flat()
    .filter(Boolean)
    .map((line) => (typeof line === 'string' ? element('p', line) : line))
  const made = element(
    `li.step.${kind}.${state}`,
    element(
      'div.step-head',
      element('span.mark'),
      element('h4', words.say(`page.step.${kind}`)),
      at ? moment(at, words.time(at)) : null,
    ),
    element('div.step-body', said),
  )
  if (state === 'now') made.setAttribute('aria-current', 'step')
  return made
}

function reading(alarm, words) {
  if (!alarm) return step('reading', 'next', words, null)
  const { evidence } = alarm
  const { pointName, unit, value, limit, reason } = evidence
  const hasNumber = typeof value === 'number'
  const figure = hasNumber
    ? element('p.figure', words.number(value), unit ? element('span.unit', ` ${unit}`) : null)
    : null
  const bound =
    limit === undefined
      ? null
      : words.say('page.reading.limit', { limit: `${words.number(limit)}${unit ? ` ${unit}` : ''}` })
  const why = reason === undefined ? null : words.sayOr(`page.reason.${reason}`, reason)
  const plain =
    !hasNumber && value !== undefined && value !== null ? words.sayOr(`page.value.${value}`, String(value)) : null
  return step(
    'reading',
    'done',
    words,
    alarm.occurredAt,
    pointName ? words.of(pointName) : alarm.device,
    figure,
    plain,
    bound,
    why,
  )
}

function alarm(alarm, order, words) {
  if (!alarm) return step('alarm', 'next', words, null)
  const acknowledged = alarm.acknowledgedBy
    ? words.say('page.alarm.acknowledged', { by: alarm.acknowledgedBy })
    : words.say('page.alarm.waits')
  const cleared = alarm.clearedAt ? words.say('page.alarm.cleared', { time: words.time(alarm.clearedAt) }) : null
  const more = order.alarmIds.length > 1 ? words.say('page.alarm.more', { n: order.alarmIds.length - 1 }) : null
  const strong = element('p', element('strong', words.of(alarm.name)))
  return step(
    'alarm',
    alarm.acknowledgedBy || alarm.clearedAt ? 'done' : 'now',
    words,
    alarm.raisedAt,
    strong,
    acknowledged,
    cleared,
    more,
  )
}

function work(order, words) {
  const isEnding = order.state === 'verified' || order.state === 'closed'
  const state = order.state === 'closed' ? closing(order, words) : words.say(`page.order.${order.state}`)
  const who = order.assignee ? element('p', element('strong', order.assignee)) : null
  const why = order.why && !isEnding ? element('p.muted', words.of(order.why.text)) : null
  const finding = order.finding ? words.say('page.order.finding', { finding: order.finding }) : null
  return step('order', isEnding ? 'done' : 'now', words, order.openedAt, who, state, finding, why)
}

function closing(order, words) {
  const params = { time: words.time(order.closedAt), by: order.closedBy }
  return words.say(order.closedBy === 'telemetry' ? 'page.order.closed_itself' : 'page.order.closed_by', params)
}

/** Where residents are told, the story ends with their all-clear; elsewhere with the order. */
function end(order, notice, words) {
  if (notice === 'hidden' || notice === null) {
    const isClosed = order.state === 'closed'
    return [
      step('notice', 'none', words, null, words.say(notice === null ? 'page.notice.none' : 'page.notice.hidden')),
      step(
        'closed',
        isClosed ? 'done' : 'next',
        words,
        order.closedAt,
        isClosed ? closing(order, words) : words.say('page.closed.waits'),
      ),
    ]
  }
  const homes = element('p', element('strong', homesOf(notice, words)))
  const isTold = notice.publishedAt !== null
  const by =
    notice.publishedBy === 'caretaker'
      ? words.say('page.notice.published_itself')
      : words.say('page.notice.published_by', { by: notice.publishedBy })
  const told = isTold ? [by, delivered(notice.reached.told, words)] : [words.say(`page.notice.${notice.state}`)]
  const isEnded = notice.state === 'all_clear'
  const isWithdrawn = notice.state === 'withdrawn'
  const after = isEnded
    ? [words.say('page.clear.given'), delivered(notice.reached.allClear, words)]
    : [words.say(notice.state === 'monitoring' ? 'page.clear.holding' : 'page.clear.waits')]
  return [
    step(
      'notice',
      isWithdrawn ? 'none' : isTold ? 'done' : 'now',
      words,
      notice.publishedAt ?? notice.draftedAt,
      homes,
      ...told,
    ),
    isWithdrawn
      ? step('clear', 'none', words, null)
      : step(
          'clear',
          isEnded ? 'done' : notice.state === 'monitoring' ? 'now' : 'next',
          words,
          notice.endedAt,
          ...after,
        ),
  ]
}

export function homesOf(notice, words) {
  return notice.homes === 1
    ? words.say('page.notice.homes_one')
    : words.say('page.notice.homes', { n: words.number(notice.homes) })
}

function delivered({ queued, delivered, failed }, words) {
  const all = queued + delivered + failed
  return all === 0 ? null : words.say('page.notice.delivered', { n: words.number(delivered), all: words.number(all) })
}
