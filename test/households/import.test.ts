import t from 'tap'
import { columnsOf } from '#gateway/households/columns.ts'
import { readList } from '#gateway/households/list-file.ts'
import { NOW, openTestRegister } from './register.ts'

const HEAD = 'home,role,name,phone,email,consent,from,to,channels,tags,tags_consent,lives_here,language'
const list = (...rows: string[]) => Buffer.from([HEAD, ...rows].join('\n'))
const ZH =
  '楼栋,单元,房号,身份,姓名,手机,同意接收通知,起始日期,标签,标签同意\r\nB2,1,1803,租户,张三,139 0000 0001,是,2026年11月20日,行动不便、腹透/制氧机,是\r\n'

t.test('a list in Chinese, with the mark that Excel writes, or as UTF-16', async (t) => {
  const bom = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(ZH)])
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(ZH.replaceAll(',', '\t'), 'utf16le')])
  for (const bytes of [Buffer.from(ZH), bom, utf16]) {
    const { register, close } = openTestRegister()
    t.match(register.importList(bytes, 'admin'), { faults: [], added: 1 })
    const [contact] = register.all()
    t.match(contact, {
      home: 'B2-1803',
      name: '张三',
      phone: '13900000001',
      relation: 'tenant',
      consent: true,
      tags: ['reduced_mobility', 'dialysis_oxygen'],
      from: Date.UTC(2026, 10, 19, 16),
      to: null,
    })
    const { contacts } = register.roll().at('B2-1803', NOW)
    t.strictSame(
      contacts.map(({ action, roads }) => [action, roads]),
      [['door', ['phone']]],
    )
    close()
  }
})

t.test('a list as a Chinese Excel saves it (GB18030)', async (t) => {
  // 房屋,身份,姓名,同意 and one row: B1-0101,业主,李四,是
  const bytes = Buffer.concat([
    Buffer.from('b7bfcedd2cc9edb7dd2cd0d5c3fb2ccdacd2e20d0a', 'hex'),
    Buffer.from('B1-0101,'),
    Buffer.from('d2b5d6f72cc0eecbc42ccac70d0a', 'hex'),
  ])
  const { rows, faults } = readList(bytes)
  t.strictSame(faults, [])
  t.strictSame(rows, [{ line: 2, cells: { home: 'B1-0101', relation: '业主', name: '李四', consent: '是' } }])
})

t.test('all bad rows are told at once, each by its line, and nothing is taken', async (t) => {
  const { register, close } = openTestRegister()
  const { faults, added } = register.importList(
    list(
      'B1-0101,owner,Fine,13900000001,,yes,,,,,,,',
      'B9-0101,owner,No home,13900000002,,yes,,,,,,,',
      'B1-0102,owner,,13900000003,,yes,,,,,,,',
      'B1-0103,landlord,Word,1.39E+10,nobody,maybe,2026-02-30,,pigeon,,,,',
      'B1-0104,tenant,Tagged,13900000004,,yes,,,,infant,,,',
      'B1-0101,owner,Fine,13900000001,,yes,,,,,,,',
      'B1-0201,tenant,Left,13900000005,,yes,2026-05-01,2026-04-01,,,,,',
      '',
      'B1-0202,owner,Wide,13900000006,,yes,,,,,,,,,,more',
    ),
    'admin',
  )
  t.strictSame(
    faults.map(({ line, code }) => `${line} ${code}`),
    [
      '3 list_unknown_home',
      '4 list_missing',
      '5 list_bad_phone',
      '5 list_bad_email',
      '5 list_bad_date',
      '5 list_bad_word',
      '5 list_bad_word',
      '5 list_bad_word',
      '6 list_tags_without_consent',
      '7 list_twice',
      '8 list_bad_date',
      '10 list_width',
    ],
  )
  t.equal(added, 0)
  t.equal(register.roll().size, 0, 'nothing half done')
  t.notMatch(JSON.stringify(faults), /1390000000|1\.39E/, 'no number stands in a fault')
  close()
})

for (const [name, text, code] of [
  ['a list without consent as a column', 'home,role,name\nB1-0101,owner,A', 'list_header'],
  ['an empty file', '', 'list_header'],
  ['a quote that never ends', 'home,role,name,consent\nB1-0101,owner,"A,yes', 'list_unreadable'],
] as const)
  t.test(`${name} is refused as a whole`, async (t) => {
    t.match(readList(Buffer.from(text)).faults, [{ code }])
  })

t.test('bytes that are no text of any kind', async (t) => {
  t.match(readList(Buffer.from([0x81, 0x20, 0xff, 0xff])).faults, [{ line: 1, code: 'list_encoding' }])
})

t.test('other separators, sep= on the first line, and cells kept from being numbers', async (t) => {
  for (const text of [
    'home;role;name;phone;consent\nB1-0101;owner;A;="13900000001";yes',
    "sep=|\nhome|role|name|phone|consent\nB1-0101|owner|A|'13900000001|yes",
    'home\trole\tname\tphone\tconsent\nB1-0101\towner\tA\t１３９００００００１\tyes',
  ]) {
    const { register, close } = openTestRegister()
    t.match(register.importList(Buffer.from(text), 'admin'), { faults: [], added: 1 })
    t.equal(register.all()[0]?.phone?.slice(0, 3), '139')
    close()
  }
  t.strictSame(columnsOf(['房号', '什么', '']).unknown, ['什么'])
})

t.test('importing the same again changes nothing; what differs is changed under the same id', async (t) => {
  const { register, secrets, close } = openTestRegister()
  const rows = ['B1-0101,owner,A,13900000001,,yes,,,,,,,', 'B1-0102,tenant,B,,b@x.cn,yes,2026-01-01,,email,,,,en']
  t.match(register.importList(list(...rows), 'admin', { isDry: true }), { added: 2 })
  t.equal(register.all().length, 0, 'looked through only')
  t.match(register.importList(list(...rows), 'admin'), { added: 2, changed: 0 })
  const events: unknown[] = []
  await secrets.flush(async (event) => void events.push(event))
  t.match(events, [{ type: 'private.changed', kind: 'household', by: 'admin' }])
  const ids = register.all().map(({ id }) => id)
  t.match(register.importList(list(...rows), 'admin'), { added: 0, changed: 0, unchanged: 2 })
  t.match(register.importList(list(rows[0]!.replace('0001', '0009'), rows[1]!), 'admin'), { changed: 1, unchanged: 1 })
  t.strictSame(
    register.all().map(({ id }) => id),
    ids,
  )
  t.match(register.findByPhone('+86 139-0000-0009'), [{ home: 'B1-0101' }])
  close()
})

t.test('who is told: residents before owners, as of a day', async (t) => {
  const { register, close } = openTestRegister()
  register.importList(
    list(
      'B2-1803,owner,Owner,13900000001,,yes,,,,,,,',
      'B2-1803,tenant,Tenant,13900000002,t@x.cn,yes,2026-11-20,2027-05-31,"email,sms",,,,',
      'B1-0101,owner,Far,13900000003,,yes,,,,,,no,',
      'B1-0102,owner,Silent,13900000004,,no,,,,,,,',
    ),
    'admin',
  )
  const at = (home: string, time: number) => {
    const { contacts, isOwnerOnly } = register.roll().at(home, time)
    return [...contacts.map(({ relation, roads }) => `${relation} ${roads.join('>')}`), ...(isOwnerOnly ? ['!'] : [])]
  }
  t.strictSame(at('B2-1803', Date.UTC(2026, 9, 1)), ['owner phone'])
  t.strictSame(at('B2-1803', NOW), ['tenant email>phone'])
  t.strictSame(at('B2-1803', Date.UTC(2027, 4, 31, 15)), ['tenant email>phone'], 'the last day counts')
  t.strictSame(at('B2-1803', Date.UTC(2027, 4, 31, 17)), ['owner phone'])
  t.strictSame(at('B1-0101', NOW), ['owner phone', '!'])
  t.strictSame(at('B1-0102', NOW), ['owner '], 'without consent there is no road')
  t.strictSame(at('B1-0103', NOW), [])
  close()
})

t.test('a correction counts from its day; an erased person is reached by nothing', async (t) => {
  const { register, close } = openTestRegister()
  register.importList(list('B2-1803,owner,Owner,13900000001,,yes,,,,,,,'), 'admin')
  const [owner] = register.all()
  t.strictSame(register.addressOf(owner!.id, 'phone'), { to: '13900000001', language: 'zh-CN' })
  register.add(
    {
      home: 'B2-1803',
      name: 'T',
      phone: '13900000002',
      relation: 'tenant',
      from: Date.UTC(2026, 10, 19, 16),
      to: null,
      consent: true,
    },
    'A',
  )
  t.equal(register.roll().at('B2-1803', NOW).contacts[0]?.relation, 'tenant')
  t.equal(register.correct('nobody', { to: NOW }, 'A'), null)
  t.ok(register.erase(owner!.id, 'admin'))
  t.notOk(register.erase(owner!.id, 'admin'))
  t.equal(register.addressOf(owner!.id, 'phone'), null)
  t.strictSame(register.findByPhone('13900000001'), [])
  close()
})

t.test('3,000 households within 10 s', async (t) => {
  const { register, close } = openTestRegister({ isHome: () => true, entranceOf: () => '', timeZone: 'Asia/Shanghai' })
  const rows = Array.from(
    { length: 3_000 },
    (_, i) => `B1-${String(i + 101).padStart(4, '0')},owner,N${i},139${String(i).padStart(8, '0')},,yes,,,,,,,`,
  )
  const before = performance.now()
  t.match(register.importList(list(...rows), 'admin'), { added: 3_000, faults: [] })
  const ms = performance.now() - before
  t.comment(`${ms.toFixed(0)} ms`)
  t.ok(ms < 10_000)
  close()
})
