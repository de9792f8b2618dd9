import { homesOf } from './chain.js'
import { element, keyedList, moment } from './element.js'

const NOTICES_SHOWN = 5

/** Open work orders: what, where, who, how far. */
export function orderList(root, empty, words) {
  const render = keyedList(root, ({ order }) => {
    const since = words.say('page.orders.since', { time: words.time(order.openedAt) })
    return element(
      'li.panel.row-item',
      element(
        'div.row-main',
        element('strong', words.of(order.name)),
        element('span.muted', words.of(order.assetName)),
      ),
      element(
        'div.row-side',
        element('span.pill', words.say(`page.order.${order.state}`)),
        element('span.muted', [order.assignee, order.class, order.id].filter(Boolean).join(' · ')),
        moment(order.openedAt, since),
      ),
    )
  })
  return (orders) => {
    const open = orders.filter((order) => order.state !== 'closed')
    render(open.map((order) => ({ key: order.id, data: { language: words.language, order } })))
    empty.hidden = open.length > 0
  }
}

/** Notices as residents read them. */
export function noticeList(section, root, empty, words) {
  const render = keyedList(root, ({ notice }) =>
    element(
      `li.panel.notice-item.${notice.state}`,
      element('div.row-main', element('strong', words.of(notice.title)), element('span.muted', homesOf(notice, words))),
      element('p', words.of(notice.text)),
      element(
        'div.notice-foot',
        element('span.pill', stateOf(notice, words)),
        moment(
          notice.endedAt ?? notice.publishedAt ?? notice.draftedAt,
          words.time(notice.endedAt ?? notice.publishedAt ?? notice.draftedAt),
        ),
      ),
    ),
  )
  return (notices) => {
    section.hidden = notices === null
    const shown = (notices ?? []).slice(0, NOTICES_SHOWN)
    render(shown.map((notice) => ({ key: notice.id, data: { language: words.language, notice } })))
    empty.hidden = shown.length > 0
  }
}

function stateOf(notice, words) {
  if (notice.state === 'draft') return words.say('page.notice.is_draft')
  return words.say(`page.notice.${notice.state}`, { time: words.time(notice.monitoringSince) })
}
