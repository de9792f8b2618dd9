import { say, type TextKey } from '../texts.ts'
import { document, type Reader } from './frame.ts'
import { markup } from './markup.ts'

/** Said over a form: what was wrong with the last try. */
export type Complaint = Readonly<{ key: TextKey; params?: Readonly<Record<string, string | number>> }>
type Said = Reader & Readonly<{ complaint?: Complaint | null }>

function complaintOf({ complaint, language }: Said) {
  return complaint ? markup`<p class="wrong" role="alert">${say(language, complaint.key, complaint.params)}</p>` : null
}

/** Where a number is typed; where the site has no way to bring a code to anybody, it says so. */
export function signInPage(isOpen: boolean, said: Said): string {
  const { language } = said
  const t = (key: TextKey) => say(language, key)
  const form = markup`
<p>${t('resident.sign_in.hint')}</p>
<form method="post" action="/r/code?lang=${language}">
<label for="phone">${t('resident.sign_in.phone')}</label>
<input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" maxlength="32" required>
<p><button type="submit">${t('resident.sign_in.ask')}</button></p>
</form>
<p>${t('resident.sign_in.link')}</p>`
  const closed = markup`<p class="calm">${t('resident.sign_in.closed')}</p>`
  return document(
    markup`<h2>${t('resident.sign_in')}</h2>${complaintOf(said)}${isOpen ? form : closed}`,
    { ...said, path: '/r' },
    'form',
  )
}

/** The same for every number. */
export function codePage({ phone, challenge }: Readonly<{ phone: string; challenge: string }>, said: Said): string {
  const { language } = said
  const t = (key: TextKey) => say(language, key)
  const body = markup`<h2>${t('resident.sign_in')}</h2>${complaintOf(said)}
<p role="status">${t('resident.sign_in.sent')}</p>
<form method="post" action="/r/session?lang=${language}">
<input type="hidden" name="phone" value="${phone}">
<input type="hidden" name="challenge" value="${challenge}">
<label for="code">${t('resident.sign_in.code')}</label>
<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" maxlength="6" required>
<p><button type="submit">${t('resident.sign_in.enter')}</button></p>
</form>
<p><a class="call" href="/r?lang=${language}">${t('resident.sign_in.again')}</a></p>
<p>${t('resident.sign_in.link')}</p>`
  return document(body, { ...said, path: '/r' }, 'form')
}

/** Which of several homes. */
export function homesPage(homes: readonly string[], reader: Reader): string {
  const { language } = reader
  const none = markup`<p class="calm">${say(language, 'resident.homes.none')}</p>`
  const body = markup`<h2>${say(language, 'resident.homes')}</h2>
${homes.length === 0 ? none : homes.map((home) => markup`<p><a class="call" href="/r/~${home}?lang=${language}">${home}</a></p>`)}
${leaveForm(reader)}`
  return document(body, { ...reader, path: '/r' }, 'form')
}

export function leaveForm({ language }: Pick<Reader, 'language'>) {
  return markup`<form method="post" action="/r/leave?lang=${language}"><button class="plain" type="submit">${say(language, 'resident.leave')}</button></form>`
}
