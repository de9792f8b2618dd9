import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Fault, type FaultCode, FAULTS, type Params } from '#devices/fault.ts'
import { type Language, LANGUAGES, sayFault } from '../texts.ts'

/** Problem details (RFC 9457): `code` and `params` for programs, `detail` for the person, in the person's language. */
export type Problem = Readonly<{
  type: 'about:blank'
  title: string
  status: number
  code: FaultCode
  detail: string
  params: Params
}>

export function problemOf(language: Language, code: FaultCode, params: Params = {}): Problem {
  const { status } = FAULTS[code]
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? '',
    status,
    code,
    detail: sayFault(language, { code, params }),
    params,
  }
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  code: FaultCode,
  params: Params = {},
): FastifyReply {
  const problem = problemOf(languageOf(request.headers['accept-language']), code, params)
  if (FAULTS[code].retry) reply.header('retry-after', String(params['seconds'] ?? 1))
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

/** The first of our languages in the order of the reader's wishes; English for none. */
export function languageOf(accepted: string | undefined): Language {
  const wishes = (accepted ?? '')
    .split(',')
    .map((wish) => {
      const [tag = '', weight = ''] = wish.trim().toLowerCase().split(';q=')
      return { tag, weight: weight === '' ? 1 : Number(weight) || 0 }
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
  for (const { tag } of wishes) {
    const found = LANGUAGES.find((language) => tag.split('-')[0] === language.split('-')[0]?.toLowerCase())
    if (found) return found
  }
  return 'en'
}

type FromFramework = Error & Readonly<{ code?: string; statusCode?: number; validation?: unknown }>

/** What the framework found wrong, in our words; null for what is a fault of the program itself. */
export function faultOf(error: FromFramework): Fault | null {
  if (error instanceof Fault) return error
  if (error.validation) return new Fault('invalid_request', { detail: error.message })
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Fault('too_large')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Fault('wrong_media_type')
  }
  // Only the framework's own refusals carry a status; a library's error with one is still ours to hide.
  const isRefused = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
  const isOfFramework = error.code?.startsWith('FST_') === true || error instanceof SyntaxError
  return isRefused && isOfFramework ? new Fault('invalid_request', { detail: 'the request cannot be read' }) : null
}
