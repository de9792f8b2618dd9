import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadSite } from '#gateway/site/load.ts'

const HEAD = `site: { id: tiny, name: tiny, timezone: Asia/Shanghai }
assets: []
devices: []
channels:
  - { id: page, type: screen }
`
const SMS = 'access_key_id: "${env:KEY}", access_key_secret: "${env:KEY}", sign_name: 湖畔'
const TEMPLATES = 'templates: [{ kind: other, phase: published, code: SMS_1, text: "${asset}" }]'
const HTTP = 'url: "https://sms.example/send", form: { to: "{to}" }, answer: { code: number }'
const RECEIPT = 'receipt: { url: "https://sms.example/{ref}", answer: { state: text }, delivered: state == "DELIVRD" }'
const MAIL = 'host: mail.example, port: 465, tls: implicit, from: a@b.example'

function load(t: { teardown(end: () => unknown): void }, channels: string) {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-site-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'site.yaml'), HEAD + channels)
  const { site, faults } = loadSite('site.yaml', {
    env: { KEY: 'a-secret-of-the-account', SHORT: 'fifteen-letters' },
    cwd: folder,
  })
  return {
    channels: site?.channels.map(({ id }) => id) ?? null,
    told: site?.plan.channels,
    fallbacks: site?.channels.flatMap(({ id, fallback }) => (fallback ? [`${id} → ${fallback}`] : [])),
    faults: faults.map(({ code, line, column, params }) =>
      `${line}:${column} ${code} ${params['id'] ?? params['key'] ?? ''}`.trim(),
    ),
  }
}

t.test('each kind of channel is read, its secrets by reference', async (t) => {
  const site = load(
    t,
    `  - { id: sms, type: aliyun-sms, ${SMS}, ${TEMPLATES}, fallback: mail, fallback_after: 2m }
  - { id: any, type: http-sms, ${HTTP}, success: code == 0, ref: id, ${RECEIPT}, secret: "\${env:KEY}" }
  - { id: mail, type: email, ${MAIL}, user: a, password: "\${env:KEY}" }
  - { id: push, type: web-push, contact: "mailto:a@b.example" }
`,
  )
  t.strictSame(site.faults, [])
  t.strictSame(site.channels, ['page', 'sms', 'any', 'mail', 'push'])
  t.strictSame(site.told, ['page', 'push'], 'groups get one message of a notice; persons are written to one by one')
  t.strictSame(site.fallbacks, ['sms → mail'])
})

t.test('what is wrong with a channel is said with its place, and disables that channel alone', async (t) => {
  const table: [string, string, readonly string[]][] = [
    [
      `{ id: x, type: aliyun-sms, ${SMS}, templates: [{ kind: other, phase: published, code: SMS_1, text: "水 \${aset}" }] }`,
      '6:',
      ['unknown_reference aset'],
    ],
    [`{ id: x, type: aliyun-sms, ${SMS}, templates: [] }`, '6:', ['wrong_value']],
    [`{ id: x, type: aliyun-sms, ${SMS.replace('KEY}"', 'NONE}"')}, ${TEMPLATES} }`, '6:', ['secret_missing']],
    [`{ id: x, type: aliyun-sms, ${SMS}, ${TEMPLATES}, url: "http://10.0.0.1" }`, '6:', ['private_address']],
    [`{ id: x, type: http-sms, ${HTTP}, success: cod == 0 }`, '6:', ['unknown_reference cod']],
    [`{ id: x, type: http-sms, ${HTTP}, success: code == "0" }`, '6:', ['bad_expression']],
    [`{ id: x, type: http-sms, ${HTTP}, success: code == 0, bad_number: cod == 3 }`, '6:', ['unknown_reference cod']],
    [
      `{ id: x, type: http-sms, ${HTTP}, success: code == 0, ${RECEIPT.replace('state ==', 'stat ==')} }`,
      '6:',
      ['unknown_reference stat'],
    ],
    [
      `{ id: x, type: http-sms, ${HTTP}, success: code == 0, ${RECEIPT.replace('sms.example', '127.0.0.1')} }`,
      '6:',
      ['private_address'],
    ],
    [`{ id: x, type: http-sms, ${HTTP}, json: {}, success: code == 0 }`, '6:', ['wrong_value form']],
    [`{ id: x, type: email, ${MAIL}, ca_file: nowhere.pem }`, '6:', ['file_missing']],
    [`{ id: x, type: email, ${MAIL.replace('mail.example', '127.0.0.1')} }`, '6:', ['private_address']],
    [`{ id: x, type: email, ${MAIL}, tls: none }`, '6:', ['duplicate_id']],
    [`{ id: x, type: sms }`, '6:', ['wrong_value']],
  ]
  for (const [entry, place, faults] of table) {
    const site = load(t, `  - ${entry}\n`)
    t.equal(site.faults.length, faults.length, `${entry}: ${site.faults.join('; ')}`)
    faults.forEach((fault, i) => t.match(site.faults[i], fault.split(' ')[0]!, entry))
    t.ok(
      site.faults.every((fault) => fault.startsWith(place)),
      site.faults.join('; '),
    )
    if (!faults[0]!.startsWith('duplicate')) t.strictSame(site.channels, ['page'], entry)
  }
})

t.test(
  'S04 a token or a secret that can be guessed is named with its place, and the gateway does not start',
  async (t) => {
    const receipts = `${SMS}, ${TEMPLATES}, receipts: { token: "\${env:SHORT}" }`
    const entries = [
      `{ id: x, type: aliyun-sms, ${receipts} }`,
      '{ id: x, type: webhook, url: "https://a.example", secret: "${env:SHORT}" }',
      '{ id: x, type: wecom-bot, key: "${env:SHORT}" }',
      `{ id: x, type: http-sms, ${HTTP}, success: code == 0, secret: "\${env:SHORT}" }`,
      `{ id: x, type: email, ${MAIL}, user: a, password: "\${env:SHORT}" }`,
    ]
    for (const entry of entries) {
      const column = 5 + entry.indexOf('"${env:SHORT}"')
      t.strictSame(
        load(t, `  - ${entry}\n`),
        {
          channels: null,
          told: undefined,
          fallbacks: undefined,
          faults: [`6:${column} secret_weak`],
        },
        entry,
      )
    }
  },
)

t.test('a fallback leads to a channel of the same reach, and never back', async (t) => {
  const hook = (id: string, fallback: string) =>
    `  - { id: ${id}, type: webhook, url: "https://a.example", secret: "\${env:KEY}", fallback: ${fallback} }\n`
  const table: [string, readonly string[], readonly string[]][] = [
    [hook('a', 'page'), [], ['a → page']],
    [hook('a', 'pag'), ['6:80 unknown_reference pag'], []],
    [hook('a', 'a'), ['6:80 wrong_value fallback'], []],
    [hook('a', 'b') + hook('b', 'a'), ['6:80 wrong_value fallback', '7:80 wrong_value fallback'], []],
    [hook('a', 'mail') + `  - { id: mail, type: email, ${MAIL} }\n`, ['6:80 wrong_value fallback'], []],
  ]
  for (const [text, faults, fallbacks] of table) {
    const site = load(t, text)
    t.strictSame(
      site.faults.map((fault) => fault.replace(/:\d+ /, ':80 ')),
      faults,
    )
    t.strictSame(site.fallbacks, fallbacks)
  }
})
