/**
 * Makes an element. What comes from outside becomes text, never markup: there is no way here to set HTML.
 * @param {string} tag `name` or `name.class.class`
 */
export function element(tag, ...children) {
  const [name, ...classes] = tag.split('.')
  const made = document.createElement(name)
  if (classes.length > 0) made.className = classes.join(' ')
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''))
  return made
}

/** Sets the text only when it differs, so that a reader's place and a selection survive. */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/** A moment with its machine-readable form. */
export function moment(iso, text) {
  const made = element('time', text)
  made.dateTime = iso
  return made
}

/** Puts exactly these elements into the parent; one that is there and in place is not touched. */
export function arrange(parent, wanted) {
  wanted.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null)
  })
  while (parent.children.length > wanted.length) parent.lastElementChild.remove()
}

/**
 * A list whose entries are made again only when what they show has changed.
 * @returns {(entries: {key: string, data: unknown}[]) => void}
 */
export function keyedList(parent, make) {
  const known = new Map()
  return (entries) => {
    const keys = new Set(entries.map(({ key }) => key))
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key)
    const wanted = entries.map(({ key, data }) => {
      const shape = JSON.stringify(data)
      const old = known.get(key)
      if (old?.shape === shape) return old.made
      const made = make(data)
      known.set(key, { shape, made })
      return made
    })
    arrange(parent, wanted)
  }
}
