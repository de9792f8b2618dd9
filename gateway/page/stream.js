const SILENT_AFTER_MS = 40_000

/**
 * Server-sent events over fetch, because an EventSource cannot carry a token. Calls `on.event(type, data)` for each;
 * resolves when the line ends. `lastId` is kept by the caller and given again, so that nothing is missed.
 */
export async function follow(link, path, lastId, on) {
  const gone = new AbortController()
  const answer = await link.request(path, {
    headers: { accept: 'text/event-stream', ...(lastId === null ? {} : { 'last-event-id': lastId }) },
    signal: gone.signal,
  })
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  // The gateway gives a sign of life every 15 s: a line that is silent for longer is dead, whatever the socket says.
  const watch = () => setTimeout(() => gone.abort(), SILENT_AFTER_MS)
  let timer = watch()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = watch()
      text += value
      const blocks = text.split('\n\n')
      text = blocks.pop()
      for (const block of blocks) dispatch(block, on)
    }
  } finally {
    clearTimeout(timer)
    gone.abort()
  }
}

function dispatch(block, on) {
  const fields = { event: 'message', data: '' }
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    // A line that begins with a colon is a comment: the sign of life.
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart()
  }
  if (fields.id !== undefined) on.id(fields.id)
  if (fields.data !== '') on.event(fields.event, JSON.parse(fields.data))
}
