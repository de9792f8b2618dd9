const KEPT_AS = 'caretaker.token'

export class NotSignedIn extends Error {}
export class NotAllowed extends Error {}

/**
 * Requests to the gateway: with the token of this tab, or, in a demonstration, with the cookie that opening the page
 * has set. An address never carries a token.
 */
export function gatewayLink() {
  let token = sessionStorage.getItem(KEPT_AS)

  async function request(path, options = {}) {
    const headers = { ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) }
    const answer = await fetch(path, { ...options, headers, credentials: 'same-origin' })
    if (answer.status === 401) throw new NotSignedIn()
    if (answer.status === 403) throw new NotAllowed()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
    return answer
  }

  return {
    get hasToken() {
      return token !== null
    },
    request,
    json: async (path) => (await request(path)).json(),
    /** Null where the role may not look. */
    async jsonIfAllowed(path) {
      try {
        return await this.json(path)
      } catch (error) {
        if (error instanceof NotAllowed) return null
        throw error
      }
    },
    /** Opening the page signs visitors of a demonstration in; a restarted gateway knows only its new visitors. */
    async renewVisit() {
      await fetch('/', { credentials: 'same-origin' })
    },
    signIn(text) {
      token = text
      sessionStorage.setItem(KEPT_AS, text)
    },
    signOut() {
      token = null
      sessionStorage.removeItem(KEPT_AS)
    },
  }
}
