import { element } from './element.js'

/** What needs a person: faults of the site file, roads that are closed, forwarding that is held up. */
export function bannerView(root, list, words) {
  return ({ faults, health }) => {
    const sources = (health?.sources ?? []).filter(({ state }) => state === 'down' || state === 'degraded')
    const targets = (health?.forwarding ?? []).filter(({ state }) => state === 'unavailable')
    const lines = [
      ...faults.map((fault) => `${fault.where} ${words.of(fault.text)}`),
      ...sources.map(({ source, state }) =>
        words.say('page.banner.source', { source, state: words.say(`page.source.${state}`) }),
      ),
      ...targets.map(({ target, lag }) => words.say('page.banner.forwarding', { target, lag })),
    ]
    root.hidden = lines.length === 0
    if (list.textContent !== lines.join('')) list.replaceChildren(...lines.map((line) => element('li', line)))
  }
}
