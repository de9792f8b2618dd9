import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { Fault } from '#devices/fault.ts'
import { pictureOf } from '#gateway/photos/picture.ts'
import { sweepOrphans } from '#gateway/photos/sweep.ts'
import { Uploads, type Wanted } from '#gateway/photos/uploads.ts'
import { comment, exif, jpeg, png } from '#test/fakes/pictures.ts'
import { openEstate } from './estate.ts'

const PART = 65_536
type Body = Record<string, unknown>

/** An estate with one order for its pumps, accepted by T1, and a phone that sends photos. */
async function estateWithPhone(test: { teardown(end: () => unknown): void }) {
  const estate = await openEstate()
  test.teardown(() => estate.close())
  await estate.say('P1', { outlet_pressure: 0.05 }, 24)
  const { items } = (await (await estate.as('manager', '/api/v1/orders')).json()) as { items: { id: string }[] }
  const { id } = items[0]!
  await estate.order('field', `/api/v1/orders/${id}/accept`, 'accept-it', { by: 'T1' })
  const headers = { authorization: `Bearer ${estate.tokens.field}` }
  const answered = async (answer: Response) => ({ status: answer.status, body: (await answer.json()) as Body })
  const begin = async (bytes: Buffer, changes: Body = {}) =>
    answered(
      await fetch(`${estate.url}/api/v1/orders/${id}/photos`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ by: 'T1', kind: 'before', sha256: sha256(bytes), size: bytes.length, ...changes }),
      }),
    )
  const part = async (upload: unknown, offset: number, bytes: Buffer) =>
    answered(
      await fetch(`${estate.url}/api/v1/uploads/${String(upload)}?offset=${offset}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(bytes),
      }),
    )
  return {
    estate,
    id,
    begin,
    part,
    /** In one go. */
    send: async (bytes: Buffer, changes: Body = {}) => {
      const { status, body } = await begin(bytes, changes)
      if (status !== 200) return { status, body }
      let answer = { status, body }
      for (let at = 0; at < bytes.length; at += PART)
        answer = await part(body['upload'], at, bytes.subarray(at, at + PART))
      return answer
    },
    /** Says how much comes, sends some of it, and is gone. */
    cut: (upload: unknown, offset: number, bytes: Buffer) =>
      new Promise<void>((resolve) => {
        const sending = request(`${estate.url}/api/v1/uploads/${String(upload)}?offset=${offset}`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': bytes.length },
        })
        sending.on('error', () => resolve())
        sending.write(bytes.subarray(0, bytes.length / 2), () => sending.destroy())
      }),
    order: async () => (await (await estate.as('manager', `/api/v1/orders/${id}`)).json()) as { photos: Body[] },
    get: (photo: unknown, role: 'field' | 'agent' | 'resident' | 'contractor' = 'field') =>
      estate.as(role, `/api/v1/orders/${id}/photos/${String(photo)}`),
  }
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

t.test('F66 cut at every 64 KB and sent again, some of it twice: one photo, whole', async (t) => {
  const { begin, part, cut, order, get } = await estateWithPhone(t)
  const photo = jpeg({ before: Array.from({ length: 5 }, () => exif()) })
  t.ok(photo.length > 4 * PART)
  let done: Body = {}
  for (let offset = 0; offset < photo.length; offset += PART) {
    const bytes = photo.subarray(offset, offset + PART)
    const { body } = await begin(photo)
    t.equal(body['received'], offset, 'it goes on where it was cut')
    await cut(body['upload'], offset, bytes)
    t.equal((await begin(photo)).body['received'], offset, 'half a part is none')
    t.match(
      await part(body['upload'], offset + PART, bytes),
      offset + PART < photo.length ? { status: 409, body: { code: 'wrong_offset', params: { received: offset } } } : {},
    )
    const answer = await part(body['upload'], offset, bytes)
    t.equal(answer.status, 200)
    done = answer.body
    if (offset + PART < photo.length)
      t.equal((await part(body['upload'], offset, bytes)).body['received'], offset + bytes.length, 'twice is nothing')
  }
  t.match(done, { photo: /^[0-9a-f]{64}$/, width: 8, height: 8 })
  // All of it again: the phone never heard that it was kept.
  const { body } = await begin(photo)
  for (let offset = 0; offset < photo.length; offset += PART)
    done = (await part(body['upload'], offset, photo.subarray(offset, offset + PART))).body
  const { photos } = await order()
  t.match(photos, [{ photo: done['photo'], kind: 'before', by: 'T1' }])
  t.equal(photos.length, 1)
  t.equal((await get(done['photo'])).status, 200)
})

t.test('S20 nothing but the picture is kept: no place, no comment, no second file', async (t) => {
  const { send, get, estate } = await estateWithPhone(t)
  const zip = Buffer.from('PK\x03\x04 a zip behind the picture', 'latin1')
  const sent = jpeg({ before: [exif(), comment('<script>alert(1)</script>')], behind: zip })
  const { body } = await send(sent)
  const answer = await get(body['photo'])
  const kept = Buffer.from(await answer.arrayBuffer())
  t.equal(sha256(kept), body['photo'], 'its name is the hash of what is shown')
  for (const word of ['GPS', 'Exif', 'script', 'PK']) t.notOk(kept.includes(word), word)
  t.ok(kept.equals(jpeg()), 'frame, tables and scan, byte by byte')
  t.match(Object.fromEntries(answer.headers), {
    'content-type': 'image/jpeg',
    'x-content-type-options': 'nosniff',
    'content-disposition': /^attachment/,
    'cache-control': 'no-store',
  })
  const folder = join(estate.folder)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.db/.test(file))
  t.ok(files.length > 2)
  const scan = jpeg().subarray(2, 60)
  for (const file of files) t.notOk(readFileSync(join(folder, file)).includes(scan), `sealed in ${file}`)
})

t.test('S20 what is no picture, or too much of one, is refused before it is unpacked', async (t) => {
  const { send, order, begin } = await estateWithPhone(t)
  const whole = jpeg()
  for (const [name, bytes, detail] of [
    ['svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), /neither/],
    ['html', Buffer.from('<!doctype html>'), /neither/],
    ['zip', Buffer.from('PK\x03\x04', 'latin1'), /neither/],
    ['gif', Buffer.from('GIF89a'), /neither/],
    ['cut JPEG', whole.subarray(0, -3), /cut off/],
    ['JPEG without a scan', Buffer.concat([whole.subarray(0, 2), Buffer.from([0xff, 0xd9])]), /no picture/],
    ['segment beyond the end', Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 0]), /beyond/],
    ['JPEG of 30,000 × 30,000', jpeg({ width: 30_000, height: 30_000 }), /pixels/],
    ['PNG of 30,000 × 30,000', png(30_000, 30_000, Buffer.alloc(10)), /pixels/],
    ['PNG that unpacks to more than it says', png(4, 4, Buffer.alloc(50_000_000)), /unpack|rows/],
    ['PNG that holds less', png(400, 400, Buffer.alloc(10)), /rows/],
    ['damaged PNG', Buffer.concat([png(4, 4, Buffer.alloc(20)).subarray(0, 40), Buffer.alloc(40)]), /damaged|cut/],
  ] as const)
    t.match(await send(bytes), { status: 415, body: { code: 'bad_picture', params: { detail } } }, name)
  t.match(await begin(whole, { size: 6 * 1_048_576 }), { status: 400 })
  t.match(await send(whole, { sha256: 'f'.repeat(64) }), { status: 409, body: { code: 'wrong_hash' } })
  t.strictSame((await order()).photos, [])
  t.match(await send(png(4, 4, Buffer.alloc(20))), { status: 200, body: { width: 4 } }, 'a good PNG')
})

t.test(
  'S20 colours and transparency of a PNG are of their length, and no pixel points behind the palette',
  async (t) => {
    type Table = (n: number) => readonly [type: string, data: Buffer]
    const rows = Buffer.alloc(4 * 5)
    const [indexed, true8] = [{ colour: 3 }, { colour: 2 }]
    const [plte, trns]: [Table, Table] = [(n) => ['PLTE', Buffer.alloc(n, 9)], (n) => ['tRNS', Buffer.alloc(n, 0xff)]]
    const refused: [string, Buffer, RegExp][] = [
      ['indexed without a palette', png(4, 4, rows, indexed), /palette/],
      ['an empty one', png(4, 4, rows, { ...indexed, before: [plte(0)] }), /palette/],
      ['half a colour', png(4, 4, rows, { ...indexed, before: [plte(10)] }), /palette/],
      [
        'more colours than bits',
        png(4, 4, Buffer.alloc(4 * 2), { ...indexed, depth: 1, before: [plte(9)] }),
        /palette/,
      ],
      ['two palettes', png(4, 4, rows, { ...indexed, before: [plte(3), plte(3)] }), /twice/],
      ['one behind the rows', png(4, 4, rows, { ...indexed, behind: [plte(3)] }), /behind/],
      [
        'transparency longer than the palette',
        png(4, 4, rows, { ...indexed, before: [plte(3), trns(2)] }),
        /transparency/,
      ],
      ['none of it', png(4, 4, rows, { ...indexed, before: [plte(3), trns(0)] }), /transparency/],
      ['of grey, a megabyte', png(4, 4, rows, { before: [trns(1_048_576)] }), /transparency/],
      ['of true colour, of grey', png(4, 4, Buffer.alloc(4 * 13), { ...true8, before: [trns(2)] }), /transparency/],
      ['beside an alpha channel', png(4, 4, Buffer.alloc(4 * 17), { colour: 6, before: [trns(6)] }), /transparency/],
      ['true colour of 4 bits', png(4, 4, Buffer.alloc(4 * 7), { ...true8, depth: 4 }), /colours/],
      ['a filter that is none', png(4, 4, Buffer.alloc(4 * 5, 5)), /filter/],
    ]
    for (const [name, bytes, detail] of refused)
      await t.rejects(pictureOf(bytes), { code: 'bad_picture', params: { detail } }, name)
    const chunk = (bytes: Buffer, type: string) => {
      const at = bytes.indexOf(type, 0, 'latin1')
      return at < 0 ? null : bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4))
    }
    const kept = (await pictureOf(png(4, 4, rows, { ...indexed, before: [plte(6), trns(2)] }))).bytes
    t.equal(chunk(kept, 'PLTE')?.length, 768, 'filled up')
    t.strictSame([...chunk(kept, 'PLTE')!.subarray(0, 8)], [9, 9, 9, 9, 9, 9, 0, 0])
    t.equal(chunk(kept, 'tRNS')?.length, 2)
    const grey = (await pictureOf(png(4, 4, Buffer.alloc(4 * 2), { depth: 1, before: [trns(2)] }))).bytes
    t.strictSame([...chunk(grey, 'tRNS')!], [0, 1], 'the bits that a sample has')
    const colours = (await pictureOf(png(4, 4, Buffer.alloc(4 * 13), { ...true8, before: [plte(3_000)] }))).bytes
    t.equal(chunk(colours, 'PLTE'), null, 'a palette that nothing points to')
  },
)

t.test('S20 photos are for those whom the order concerns, and an upload for who began it', async (t) => {
  const { send, get, begin, estate, id, part } = await estateWithPhone(t)
  const { body } = await send(jpeg())
  for (const [role, status] of [
    ['field', 200],
    ['agent', 200],
    ['contractor', 404],
    ['resident', 403],
  ] as const)
    t.equal((await get(body['photo'], role)).status, status, role)
  t.equal((await get('0'.repeat(64))).status, 404)
  const other = jpeg({ before: [exif(100)] })
  const { body: begun } = await begin(other)
  const stolen = await fetch(`${estate.url}/api/v1/uploads/${String(begun['upload'])}?offset=0`, {
    method: 'POST',
    headers: { authorization: `Bearer ${estate.tokens.manager}`, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(other),
  })
  t.equal(stolen.status, 404)
  estate.pass(16 * 60_000)
  t.equal((await part(begun['upload'], 0, other)).status, 404, 'forgotten')
  for (let i = 0; i < 8; i++) await begin(jpeg({ before: [exif(100 + i)] }))
  t.match(await begin(jpeg({ before: [exif(200)] })), { status: 503, body: { code: 'busy' } })
  t.equal((await estate.as('field', `/api/v1/orders/${id}`)).status, 200)
})

t.test('S20 an upload takes the room of what came, not of what was promised; who idles gives way', (t) => {
  const uploads = new Uploads()
  const MB = 1_048_576
  const half = Buffer.alloc(MB / 2)
  const wanted = (owner: string, key: string): Wanted => {
    const photo = { order: 'W5', by: 'T1', kind: 'before', sha256: null, deviceAt: null } as const
    return { ...photo, owner, key, size: 5 * MB }
  }
  const codeOf = (work: () => unknown) => {
    try {
      work()
      return null
    } catch (error) {
      return error instanceof Fault ? error.code : error
    }
  }
  const fill = (owner: string, key: string, parts: number, now: number) => {
    const { id, received } = uploads.begin(wanted(owner, key), now)
    for (let i = 0; i < parts; i++) uploads.add(id, owner, received + i * half.length, half, now)
    return id
  }
  // 200 MB are promised, and nothing of it comes.
  for (let owner = 0; owner < 5; owner++) for (let i = 0; i < 8; i++) fill(`idle-${owner}`, `${i}`, 0, 0)
  const first = fill('a', '0', 10, 1)
  for (let i = 1; i < 4; i++) fill('a', `${i}`, 10, 2)
  t.equal(
    codeOf(() => fill('a', '4', 9, 2)),
    'busy',
    '24 MB of one account',
  )
  for (const owner of ['b', 'c']) for (let i = 0; i < 4; i++) fill(owner, `${i}`, 10, 3)
  t.equal(
    codeOf(() => fill('d', '0', 10, 4)),
    'busy',
    '64 MB of all',
  )
  t.equal(
    codeOf(() => fill('d', '1', 10, 60_001)),
    'busy',
    'nobody idles for longer than a minute',
  )
  t.equal(
    codeOf(() => fill('d', '1', 10, 60_005)),
    null,
    'who idles gives way',
  )
  t.equal(
    codeOf(() => uploads.add(first, 'a', 0, half, 60_005)),
    'unknown_upload',
    'the longest idle one',
  )
  uploads.sweep(60_005 + 15 * 60_000 + 1)
  t.equal(
    codeOf(() => uploads.whole(first, 'd', 60_005)),
    'unknown_upload',
  )
  for (let i = 0; i < 200; i++) fill(`x${i}`, '0', 0, 2_000_000)
  t.equal(
    codeOf(() => fill('y', '0', 0, 2_000_000)),
    'busy',
    'nor are there more than 200',
  )
  t.end()
})

t.test('F66 a picture that no order names is swept, one that is named or young is not', async (t) => {
  const { send, estate, id, get } = await estateWithPhone(t)
  const { body } = await send(jpeg())
  const doc = { mediaType: 'image/jpeg', takenAt: null }
  const put = (photo: string) =>
    estate.secrets.put(
      {
        kind: 'photo',
        id: `${id}-${photo}`,
        subject: `order:${id}`,
        doc: { ...doc, of: `${id}/${photo}` },
        bytes: jpeg(),
      },
      'test',
    )
  put('a'.repeat(64))
  const sweep = () =>
    sweepOrphans({
      secrets: estate.secrets,
      orderOf: async (order) => estate.queries.get('orders', order),
      now: estate.now(),
    })
  t.equal(await sweep(), 0, 'young')
  estate.pass(11 * 60_000)
  t.equal(await sweep(), 1)
  t.equal(await sweep(), 0)
  t.equal((await get(body['photo'])).status, 200)
})
