import { readFileSync } from 'node:fs'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import en from '#texts/en.json' with { type: 'json' }
import zhCN from '#texts/zh-CN.json' with { type: 'json' }
import type { Identification } from '../identity.ts'
import { NoQuery } from './collection.ts'

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const

/** Every file of the page by its address. No path of a request ever reaches the disk. */
const FILES = [
  { url: '/', file: 'index.html', type: TYPES.html },
  { url: '/page.css', file: 'page.css', type: TYPES.css },
  { url: '/icon.svg', file: 'icon.svg', type: TYPES.svg },
  ...['page', 'banner', 'chain', 'plant', 'lists', 'words', 'gateway-link', 'stream', 'element'].map((name) => ({
    url: `/${name}.js`,
    file: `${name}.js`,
    type: TYPES.js,
  })),
] as const

const TEXTS = { 'zh-CN': zhCN, en } as const

/** The live page: what anybody may load; what it shows, it asks for as somebody. */
export function page(identification: Identification): FastifyPluginAsyncTypebox {
  return async (app) => {
    const options = { config: { access: 'open' as const }, schema: { querystring: NoQuery } }
    for (const { url, file, type } of FILES) {
      const body = readFileSync(new URL(`../../page/${file}`, import.meta.url))
      app.get(url, options, (request, reply) => {
        const cookie = url === '/' ? identification.cookieFor(request) : null
        if (cookie !== null) reply.header('set-cookie', cookie)
        return reply.type(type).header('cache-control', 'no-cache').send(body)
      })
    }
    for (const [language, texts] of Object.entries(TEXTS)) {
      const body = JSON.stringify(Object.fromEntries(Object.entries(texts).filter(([key]) => key.startsWith('page.'))))
      app.get(`/texts/${language}.json`, options, (_, reply) =>
        reply.type('application/json; charset=utf-8').header('cache-control', 'no-cache').send(body),
      )
    }
  }
}
