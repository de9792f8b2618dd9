import { Temporal } from 'temporal-polyfill'
import { noticeText } from '../notice-text.ts'
import type { Site } from '../site/site.ts'
import type { NoticeDocument } from '../store/documents.ts'
import { inLanguage, type Language, say } from '../texts.ts'
import { escaped } from './markup.ts'

/** RSS 2.0: an item for each state of a notice, so that a reader shows a change as news. */
export function rssOf(
  notices: readonly NoticeDocument[],
  { site, language, self, now }: Readonly<{ site: Site; language: Language; self: string; now: number }>,
): string {
  const items = notices.map((notice) => {
    const { title, body } = noticeText(notice, site, language, {})
    const at = notice.endedAt ?? notice.monitoringSince ?? notice.publishedAt ?? notice.draftedAt
    const id = `${site.id}/${notice.id}/${notice.state}/${notice.eta ?? ''}${notice.updates?.length ?? ''}`
    return `<item><title>${escaped(title)}</title><description>${escaped(body)}</description><guid isPermaLink="false">${escaped(id)}</guid><pubDate>${new Date(at).toUTCString()}</pubDate><link>${escaped(self)}</link></item>`
  })
  const name = inLanguage(site.name, language)
  return `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>${escaped(name)}</title><link>${escaped(self)}</link><description>${escaped(say(language, 'resident.title'))}</description><language>${language}</language><lastBuildDate>${new Date(now).toUTCString()}</lastBuildDate><ttl>5</ttl>${items.join('')}</channel></rss>
`
}

/** iCalendar (RFC 5545): planned work, also what was cancelled, so that a calendar takes it out again. */
export function calendarOf(
  notices: readonly NoticeDocument[],
  { site, language, now }: Readonly<{ site: Site; language: Language; now: number }>,
): string {
  const events = notices.flatMap((notice) => {
    const { planned } = notice
    if (!planned) return []
    const { title, body } = noticeText(notice, site, language, { phase: 'scheduled' })
    return [
      'BEGIN:VEVENT',
      `UID:${notice.id}@${site.id}.caretaker`,
      `DTSTAMP:${stamp(now)}`,
      `DTSTART:${stamp(planned.from)}`,
      `DTEND:${stamp(planned.to)}`,
      `SUMMARY:${text(title)}`,
      `DESCRIPTION:${text(body)}`,
      `STATUS:${notice.state === 'cancelled' ? 'CANCELLED' : 'CONFIRMED'}`,
      'END:VEVENT',
    ]
  })
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Caretaker//Notices//EN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${text(inLanguage(site.name, language))}`,
    ...events,
    'END:VCALENDAR',
  ]
  return `${lines.map(folded).join('\r\n')}\r\n`
}

function stamp(at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(at).round('second').toString().replace(/[-:]/g, '')
}

/** RFC 5545 §3.3.11. */
function text(value: string): string {
  return value.replace(/[\\;,]/g, (mark) => `\\${mark}`).replace(/\r?\n/g, '\\n')
}

/** RFC 5545 §3.1: no line longer than 75 octets, and no character cut in two. */
function folded(line: string): string {
  const lines: string[] = []
  let current = ''
  for (const character of line) {
    if (Buffer.byteLength(current + character) > (lines.length === 0 ? 75 : 74)) {
      lines.push(current)
      current = ''
    }
    current += character
  }
  return [...lines, current].join('\r\n ')
}
