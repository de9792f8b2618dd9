import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FaultCode, Params } from '#devices/fault.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { isTextKey, type Language, LANGUAGES, say, sayFault } from '../../texts.ts'
import { NoQuery } from './collection.ts'

type Said = Readonly<{ code: FaultCode; params: Params; where: string; text: Readonly<Record<string, string>> }>

/**
 * What is wrong with the site file and its profiles, in words, each with its place; and the rules of them that read well
 * but cannot be judged; and why what is private cannot be read.
 */
export function faults({ site, failing, secrets }: ApiContext): FastifyPluginAsyncTypebox {
  const written = () =>
    site.faults.map((fault) => ({
      ...fault,
      where: `${fault.file}:${fault.line}:${fault.column}`,
      text: inEach((language) => sayFault(language, fault)),
    }))
  const failed = (): Said[] =>
    failing().map(({ rule, why }) => ({
      code: 'rule_failed',
      params: { rule, reason: why.code },
      where: rule,
      text: inEach((language) => {
        const key = `rule.failed.${why.code}`
        const detail = isTextKey(key) ? say(language, key, why.params) : why.code
        return say(language, 'fault.rule_failed', { rule, detail })
      }),
    }))
  const sealed = (): Said[] => {
    const said = secrets.trouble()
    return said ? [{ ...said, where: 'private.db', text: inEach((language) => sayFault(language, said)) }] : []
  }
  return async (app) => {
    app.get(
      '/api/v1/faults',
      {
        config: { access: { roles: PERMISSIONS.readGateway } },
        schema: {
          summary: 'What is wrong with the site file, by file, line and column; and rules that cannot be judged',
          querystring: NoQuery,
        },
      },
      async () => ({ items: [...sealed(), ...written(), ...failed()], next: null }),
    )
  }
}

function inEach(sentence: (language: Language) => string): Record<string, string> {
  return Object.fromEntries(LANGUAGES.map((language) => [language, sentence(language)]))
}
