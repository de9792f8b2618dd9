const LANGUAGES = ['zh-CN', 'en']
const KEPT_AS = 'caretaker.language'

/** The sentences of the page in the chosen language, and how it writes times and numbers. */
export async function words() {
  const catalogues = Object.fromEntries(
    await Promise.all(
      LANGUAGES.map(async (language) => [language, await (await fetch(`/texts/${language}.json`)).json()]),
    ),
  )
  let language = chosen()
  let timeZone = 'UTC'
  let clock = formatter()
  let number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 })

  function formatter() {
    // British English counts to 24.
    return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    })
  }

  return {
    get language() {
      return language
    },
    choose(next) {
      language = next
      remember(next)
      clock = formatter()
      number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 })
    },
    /** Times are shown as the site's people live them. */
    useTimeZone(zone) {
      timeZone = zone
      clock = formatter()
    },
    say(key, params = {}) {
      const text = catalogues[language][key]
      return text === undefined ? key : text.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? '')
    },
    /** The sentence of a code, or the code itself where there is none. */
    sayOr(key, otherwise) {
      return catalogues[language][key] ?? otherwise
    },
    of: (text) => (text ? (text[language] ?? text.en) : ''),
    time: (iso) => (iso ? clock.format(new Date(iso)) : ''),
    timeAt: (ms) => clock.format(new Date(ms)),
    number: (value) => number.format(value),
  }
}

function chosen() {
  const kept = recall()
  if (LANGUAGES.includes(kept)) return kept
  const wishes = navigator.languages ?? [navigator.language]
  return (
    wishes
      .map((wish) => LANGUAGES.find((language) => language.slice(0, 2) === wish.slice(0, 2).toLowerCase()))
      .find(Boolean) ?? 'en'
  )
}

/** A browser may forbid its storage; the page works without. */
function recall() {
  try {
    return localStorage.getItem(KEPT_AS)
  } catch {
    return null
  }
}

function remember(language) {
  try {
    localStorage.setItem(KEPT_AS, language)
  } catch {
    // Then it is asked of the browser's settings again next time.
  }
}
