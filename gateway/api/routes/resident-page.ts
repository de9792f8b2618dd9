import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { type Language, LANGUAGES } from '../../texts.ts'
import type { Reader } from '../../residents/frame.ts'
import type { ApiContext } from '../context.ts'

export const HTML = 'text/html; charset=utf-8'
export const LanguageQuery = Type.Object(
  { lang: Type.Optional(Type.Union(LANGUAGES.map((language) => Type.Literal(language)))) },
  { additionalProperties: false },
)
/** Whatever it is, the answer to a wrong one is the same. */
export const Token = Type.Object({ token: Type.String({ maxLength: 200 }) }, { additionalProperties: false })
/** The home that the token of an address opens for whoever asks; null when it opens nothing. */
export type ToHome = (request: FastifyRequest & { params: { token: string } }) => string | null
const LONGEST_FORM_BYTES = 16 * 1_024

type Asked = Pick<FastifyRequest, 'url' | 'headers'> & Readonly<{ query: unknown }>

export function readerOf({ site, clock }: Pick<ApiContext, 'site' | 'clock'>, request: Asked): Reader {
  return {
    site,
    language: languageOf(request),
    path: request.url.split('?')[0]!,
    now: clock.now() + clock.wallOffsetMs(),
  }
}

/** Only here: a browser sends what a form says without a script. Each field once; whatever is more is refused. */
export function acceptForms(app: Pick<FastifyInstance, 'addContentTypeParser'>): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: LONGEST_FORM_BYTES },
    (_request: FastifyRequest, body: string, done: (error: Error | null, fields?: object) => void) =>
      done(null, Object.fromEntries(new URLSearchParams(body))),
  )
}

/** As asked, else as the browser prefers, else Chinese. */
function languageOf({ query, headers }: Asked): Language {
  const { lang } = query as { lang?: Language }
  if (lang) return lang
  const wishes = (headers['accept-language'] ?? '').split(',').map((wish) => wish.trim().slice(0, 2).toLowerCase())
  const found = wishes.map((wish) => LANGUAGES.find((each) => each.startsWith(wish) && wish !== ''))
  return found.find((each) => each !== undefined) ?? 'zh-CN'
}
