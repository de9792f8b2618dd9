import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { mostBytesOf, noticeText, type TextChannel } from '#gateway/notice-text.ts'
import { partsOf, plannedPreview, previewOf } from '#gateway/notices/preview.ts'
import { readTemplates } from '#gateway/notices/templates.ts'
import { loadSite } from '#gateway/site/load.ts'
import type { Site } from '#gateway/site/site.ts'
import type { MessagePhase, NoticeDocument } from '#gateway/store/documents.ts'

const DEMO = fileURLToPath(new URL('../../sites/demo/site.yaml', import.meta.url))
const demo = loadSite(DEMO, { env: {}, cwd: process.cwd() }).site!
const at = (clock: string, day = 8) => Date.parse(`2026-12-${String(day).padStart(2, '0')}T${clock}:00+08:00`)

const outage: NoticeDocument = {
  id: 'N1',
  kind: 'water-off',
  state: 'published',
  order: 'W1',
  asset: 'PR1-H',
  assets: ['PR1-H'],
  alarmId: 'A1',
  alarmIds: ['A1'],
  homeIds: ['B1-1301'],
  verifying: true,
  draftedAt: at('06:30'),
  publishedAt: at('06:40'),
  publishedBy: 'caretaker',
  monitoringSince: null,
  endedAt: null,
  messages: [],
  trace: 'R1',
  rule: 'PR1-H/outlet-pressure.lo',
}
const planned = plannedPreview(
  {
    kind: 'water-off',
    work: 'tank-cleaning',
    assets: ['PR2-H'],
    homes: [],
    from: at('14:00', 10),
    to: at('16:00', 10),
  },
  at('10:00', 7),
)

t.test('what residents read, in both languages', async (t) => {
  const over = { monitoringSince: at('09:20'), endedAt: at('09:50') }
  const late = { ...planned.planned!, isLate: true, to: at('17:30', 10) }
  // The notice; Chinese; English.
  const table: readonly (readonly [string, NoticeDocument, RegExp, RegExp])[] = [
    [
      'published',
      outage,
      /^北区高区：06:30 起水压不足或停水，正在核实。可能原因：.*储水.*下次更新不晚于 07:40。咨询电话 021/,
      /^North high zone: low pressure or no water since 06:30; being verified\. Probable cause: .* Next update by 07:40\. Questions: 021/,
    ],
    ['identified', { ...outage, state: 'identified', eta: at('09:30') }, /预计 09:30 恢复/, /expected back by 09:30/],
    [
      'monitoring',
      { ...outage, state: 'monitoring', ...over, endedAt: null, clearAt: at('09:50') },
      /09:20 起已恢复，正在观察，预计 09:50 确认/,
      /back since 09:20.*confirm by 09:50/,
    ],
    ['all clear', { ...outage, state: 'all_clear', ...over }, /09:20 供水已恢复正常/, /back to normal at 09:20/],
    [
      'scheduled',
      planned,
      /^南区高区因水箱清洗，12月10日 14:00 至 16:00 停水。请提前储水/,
      /^South high zone: no water from Thu,? 10 Dec 14:00 to 16:00, for tank cleaning\./,
    ],
    [
      'prolonged',
      { ...planned, state: 'in_progress', planned: late },
      /未能按时完成.*谅解.*预计 17:30 恢复/,
      /not finished in time. We apologise\. Expected back by 17:30/,
    ],
    ['overrun', { ...planned, state: 'overrun' }, /谅解/, /apologise/],
    [
      'cancelled',
      { ...planned, state: 'cancelled', endReason: '无配件' },
      /水箱清洗取消，供水照常。原因：无配件/,
      /is cancelled; the water stays on/,
    ],
  ]
  for (const [name, notice, zh, en] of table) {
    t.match(noticeText(notice, demo, 'zh-CN', {}).body, zh, name)
    t.match(noticeText(notice, demo, 'en', {}).body, en, name)
  }
  t.notMatch(noticeText(outage, demo, 'zh-CN', {}).body, /预计/, 'the first text promises no end')
  t.match(noticeText({ ...outage, kind: 'lift-stopped', assets: ['B1-L1'] }, demo, 'zh-CN', {}).title, '电梯停用通知')
  t.match(noticeText({ ...outage, kind: 'noise' }, demo, 'en', {}).body, /disturbance since/, 'a kind without words')
  const plain = noticeText(outage, demo, 'zh-CN', { plain: true }).body.split('\n')
  t.ok(plain.length >= 4 && plain.every((line) => line.length < 60), 'for the elderly: short lines, one thing each')
})

t.test('no channel gets more bytes than it takes, and what is cut ends with a sentence', async (t) => {
  const long = { at: at('07:00'), by: 'S1', text: '抢修人员正在更换爆裂的管段。'.repeat(200) }
  const english = { ...long, text: 'The crew is replacing the burst section of the pipe. '.repeat(300) }
  const channels: readonly TextChannel[] = [
    'screen',
    'webhook',
    'wecom-bot',
    'dingtalk-bot',
    'feishu-bot',
    'sms',
    'push',
    'email',
  ]
  for (const channel of channels)
    for (const [language, update] of [
      ['zh-CN', long],
      ['en', english],
    ] as const) {
      const options = { phase: 'updated', channel } as const
      const { title, body } = noticeText({ ...outage, updates: [update] }, demo, language, options)
      t.ok(Buffer.byteLength(title) + Buffer.byteLength(body) <= mostBytesOf(channel), `${channel} ${language}`)
      t.match(body, /[。.]$/, `${channel} ${language} ends with a sentence`)
    }
})

t.test('what is said of a notice comes from people, and stays text', async (t) => {
  const nasty = {
    ...planned,
    endReason: '**bold** [x](http://evil)\nBCC: a\u0000b',
    state: 'cancelled',
  } as NoticeDocument
  const markdown = noticeText(nasty, demo, 'en', { channel: 'dingtalk-bot' }).body
  t.match(markdown, '\\*\\*bold\\*\\* \\[x\\](http://evil) BCC: a b', 'Markdown is escaped where Markdown is read')
  t.match(noticeText(nasty, demo, 'en', { channel: 'sms' }).body.includes('\n'), false)
  const liquid = { ...planned, endReason: '{{ site }}{% include "x" %}', state: 'cancelled' } as NoticeDocument
  t.match(noticeText(liquid, demo, 'en', {}).body, /\{\{ site \}\}\{% include/, 'no word is a template')
})

t.test('a text message is paid by parts', async (t) => {
  for (const [length, parts] of [
    [1, 1],
    [70, 1],
    [71, 2],
    [134, 2],
    [135, 3],
    [201, 3],
  ] as const)
    t.equal(partsOf('水'.repeat(length)), parts, String(length))
  const all = previewOf(planned, demo, 'scheduled')
  t.strictSame(
    all.filter(({ parts }) => parts !== null).map(({ channel, language }) => `${channel} ${language}`),
    ['sms zh-CN', 'sms en'],
  )
})

t.test("a site's own templates: over ours, checked at load, and ours where they do not work", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-templates-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const notices = join(folder, 'notices')
  mkdirSync(notices)
  const read = () => readTemplates(notices, folder)
  const said = (templates: Site['templates'], phase: MessagePhase = 'published', channel: TextChannel = 'screen') =>
    noticeText(outage, { ...demo, templates }, 'zh-CN', { phase, channel })

  writeFileSync(join(notices, 'water-off.sms.zh-CN.liquid'), '停水\n{{ where }}停水，{{ next }}前更新。\n')
  const own = read()
  t.strictSame(own.faults, [])
  t.strictSame(said(own.templates, 'published', 'sms'), { title: '停水', body: '北区高区停水，07:40前更新。' })
  t.match(said(own.templates).title, '停水通知', 'the other channels keep ours')

  // What is written; where it is wrong.
  const table = [
    ['{{ title }\n', 1, 1],
    ['停水\n{% if %}x{% endif %}\n', 2, 6],
    ['停水\n{{ wheer }}\n', 2, 4],
    ['停水\n{{ where | shout }}\n', 2, 1],
    ['停水\n{% for i in (1..100000000) %}x{% endfor %}\n', 2, 1],
    ['\n\n', 1, 1],
  ] as const
  for (const [text, line, column] of table) {
    writeFileSync(join(notices, 'water-off.zh-CN.liquid'), text)
    const broken = read()
    t.match(broken.faults, [{ code: 'bad_template', file: 'notices/water-off.zh-CN.liquid', line, column }], text)
    t.match(said(broken.templates).title, '停水通知', 'the built-in one speaks')
  }
  writeFileSync(join(notices, 'water-off.zh-CN.liquid'), '停水\n{{ where }}\n')
  writeFileSync(join(notices, 'greeting.liquid'), 'hello')
  t.match(read().faults, [{ file: 'notices/greeting.liquid', line: 1, column: 1 }], 'in which language?')
})
