/** Whether all that a filter, or a topic, can mean lies within another filter [MQTT 3.1.1 §4.7]. */
export function covers(filter: string, asked: string): boolean {
  if (asked.startsWith('$') && !filter.startsWith('$')) return false
  const levels = asked.split('/')
  const wanted = filter.split('/')
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    const own = levels[i]
    if (own === undefined || own === '#' || (level !== '+' && level !== own)) return false
  }
  return levels.length === wanted.length
}

/** Whether a topic fits a filter with + and # [MQTT 3.1.1 §4.7]. */
export function topicFilter(filter: string): (topic: string) => boolean {
  const wanted = filter.split('/')
  return (topic) => {
    const levels = topic.split('/')
    // A filter that begins with a wildcard never means the broker's own topics [MQTT-4.7.2-1].
    if (topic.startsWith('$') && !filter.startsWith('$')) return false
    const rest = wanted.indexOf('#')
    const ends = rest === -1 ? levels.length === wanted.length : levels.length >= rest
    return (
      ends &&
      wanted.every((level, i) => level === '#' || level === '+' || level === levels[i] || (rest !== -1 && i > rest))
    )
  }
}
