import type { Site } from '../site/site.ts'
import type { PageLetter } from '../store/paging-rows.ts'
import { inLanguage, type Language, LANGUAGES, say } from '../texts.ts'

type Text = Readonly<{ title: string; body: string }>
/** What the order of a page is about; null where it is about none. */
export type PageSubject = Readonly<{ rule: string | null; asset: string }> | null

/** What a page says, in every language: what, where, which order, what is wanted of the reader, and by which link he does it. */
export function pageTexts(
  letter: PageLetter,
  subject: PageSubject,
  site: Pick<Site, 'plan'>,
  accept: string | null = null,
): Record<Language, Text> {
  const texts = LANGUAGES.map((language): [Language, Text] => {
    const params = valuesOf(letter, subject, site, language)
    const title = say(language, `page.${letter.purpose}.title`, params)
    const body = say(language, `page.${letter.purpose}`, params)
    const byLink = accept === null ? '' : ` ${say(language, 'page.accept_link', { link: accept })}`
    return [language, { title, body: `${body}${byLink}` }]
  })
  return Object.fromEntries(texts) as Record<Language, Text>
}

/** The variables of an approved template. */
export const PAGE_VALUES = ['class', 'name', 'place', 'number', 'person'] as const
type PageValue = (typeof PAGE_VALUES)[number]
export function valuesOf(
  { class: ofClass, subject: number, person }: PageLetter,
  subject: PageSubject,
  { plan }: Pick<Site, 'plan'>,
  language: Language,
): Readonly<Record<PageValue, string>> {
  const place = inLanguage(plan.assets.get(subject?.asset ?? '')?.name ?? subject?.asset ?? plan.site, language)
  const name = plan.rules.find(({ id }) => id === subject?.rule)?.name
  return { class: ofClass, name: name === undefined ? place : inLanguage(name, language), place, number, person }
}
