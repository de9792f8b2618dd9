import type { Text } from '#devices/point.ts'

/** More steps than this are no longer a list that somebody ticks. */
const MOST_ITEMS = 20
/** Steps stand on lines of their own, or are parted by a full stop or semicolon; a decimal point parts nothing. */
const BETWEEN = /\s*\n\s*|[；。]\s*|;\s+|(?<!\d)\.\s+/
/** A number before a step is only its place. */
const NUMBER = /^\s*(?:\d{1,2}[.)、]|[-*•])\s*/
const END = /[.;]\s*$/

/** What an alarm's response asks for, step by step. Where the languages do not agree on the steps, it is one. */
export function checklistOf(response: Text | undefined): readonly Text[] {
  if (response === undefined) return []
  if (typeof response === 'string') return stepsOf(response)
  const [zh, en] = [stepsOf(response['zh-CN']), stepsOf(response.en)]
  if (zh.length !== en.length) return [response]
  return zh.map((step, i) => ({ 'zh-CN': step, en: en[i]! }))
}

function stepsOf(text: string): readonly string[] {
  const steps = text
    .split(BETWEEN)
    .map((step) => step.replace(NUMBER, '').replace(END, '').trim())
    .filter((step) => step !== '')
  return steps.length > MOST_ITEMS ? [text] : steps
}
