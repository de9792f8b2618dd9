import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import { PHOTO_KINDS } from '#rules/orders/procedure.ts'
import type { Identity } from '../../access/identity.ts'
import { LARGEST_PICTURE_BYTES, pictureOf } from '../../photos/picture.ts'
import { sweepOrphans } from '../../photos/sweep.ts'
import { LARGEST_PART_BYTES, Uploads, type Wanted } from '../../photos/uploads.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timeUnder } from '../site-time.ts'
import { IdParams, NoQuery } from './collection.ts'
import { By, When } from './commands.ts'
import { ordersOf } from './order-scope.ts'

const MOST_PHOTOS = 30
const SWEPT_EVERY_MS = 3_600_000
const UPLOADS_SWEPT_EVERY_MS = 60_000
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Begin = Type.Object(
  {
    ...By,
    kind: Type.Enum([...PHOTO_KINDS]),
    /** Of the bytes that will be sent; a page on plain HTTP cannot tell it, and gives a key of its own instead. */
    sha256: Type.Optional(Hash),
    key: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
    size: Type.Integer({ minimum: 1, maximum: LARGEST_PICTURE_BYTES }),
    deviceAt: Type.Optional(When),
  },
  { additionalProperties: false },
)

/** F66, S20: a photo in parts, resumed where it was cut; put down sealed; shown to whom the order concerns. */
export function photos(context: ApiContext): FastifyPluginAsyncTypebox {
  const { read, secrets, clock, audit, events, log } = context
  const scope = ordersOf(context)
  const uploads = new Uploads()
  const keeping = new Map<string, Promise<object>>()
  let turn: Promise<unknown> = Promise.resolve()

  /** Unpacked, a picture is many times its size: one after the other, and each once, however often its end is sent. */
  function keptInTurn(id: string, work: () => Promise<object>): Promise<object> {
    const known = keeping.get(id)
    if (known) return known
    const mine = turn.then(work, work).finally(() => keeping.delete(id))
    keeping.set(id, mine)
    turn = mine.catch(() => {})
    return mine
  }

  async function orderFor(id: string, identity: Identity) {
    const order = await read.get('orders', id)
    if (!order || !scope.maySee(identity, order)) throw new Fault('unknown_order', { order: id })
    return order
  }

  /** Put down first: an event never names a picture that is not there. What nobody names is swept. */
  async function kept(id: string, { upload, bytes }: Readonly<{ upload: Wanted; bytes: Buffer }>, identity: Identity) {
    const { photos: taken = [] } = await orderFor(upload.order, identity)
    if (taken.length >= MOST_PHOTOS) throw new Fault('too_many_photos', { most: MOST_PHOTOS })
    const picture = await pictureOf(bytes)
    const photo = createHash('sha256').update(picture.bytes).digest('hex')
    const { order, by, kind, deviceAt } = upload
    const doc = { mediaType: picture.mediaType, takenAt: deviceAt, of: `${order}/${photo}` }
    secrets.put(
      { kind: 'photo', id: `${order}-${photo}`, subject: `order:${order}`, doc, bytes: picture.bytes },
      identity.id,
    )
    await audit()
    const late = deviceAt === null ? {} : { deviceAt }
    const command = { type: 'order.photo', order, by, photo, kind, ...late } as const
    const answer = await context.command({
      ...command,
      id: `${identity.id}/photo-${order}-${kind}-${photo}`,
      actor: identity.id,
    })
    uploads.forget(id)
    if ('refused' in answer) throw new Fault(answer.refused, answer.params)
    return { photo, width: picture.width, height: picture.height }
  }

  const sweepOrphaned = () =>
    sweepOrphans({ secrets, orderOf: (id) => read.get('orders', id), now: clock.now() })
      .then(async (swept) => {
        if (swept === 0) return
        log.warn({ swept }, 'photos that no order names')
        await audit()
      })
      .catch((error: Error) => log.error({ error: error.message }, 'photos that no order names are not swept'))

  /** At once, and again after each pause; returns what ends it. */
  function nowAndThen(everyMs: number, work: () => void): () => void {
    let cancel = () => {}
    const again = () => {
      work()
      cancel = events.delay(everyMs, again)
    }
    again()
    return () => cancel()
  }

  return async (app) => {
    const stops = [
      nowAndThen(SWEPT_EVERY_MS, () => void sweepOrphaned()),
      nowAndThen(UPLOADS_SWEPT_EVERY_MS, () => uploads.sweep(clock.now())),
    ]
    app.addHook('onClose', async () => stops.forEach((stop) => stop()))
    // Only here: bytes are taken nowhere else.
    app.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: LARGEST_PART_BYTES },
      (_request, body, done) => done(null, body),
    )
    const work = { access: { roles: PERMISSIONS.sendPhotos } }
    app.post(
      '/api/v1/orders/:id/photos',
      {
        config: work,
        schema: {
          summary: 'Begin to send a photo, or learn how much of it is there',
          params: IdParams,
          querystring: NoQuery,
          body: Begin,
        },
      },
      async ({ params: { id: order }, body, identity }) => {
        if (body.sha256 === undefined && body.key === undefined)
          throw new Fault('invalid_request', { detail: 'sha256 or key' })
        const { by, kind, sha256 = null, key = '', size, deviceAt } = body
        await scope.guard(order, { by }, identity!)
        const { photos: taken = [] } = await orderFor(order, identity!)
        if (taken.length >= MOST_PHOTOS) throw new Fault('too_many_photos', { most: MOST_PHOTOS })
        const at = deviceAt === undefined ? null : timeUnder('deviceAt', deviceAt)
        const wanted = { owner: identity!.id, order, by, kind, sha256, key, size, deviceAt: at }
        const started = uploads.begin(wanted, clock.now())
        return { upload: started.id, received: started.received, part: LARGEST_PART_BYTES }
      },
    )
    app.post(
      '/api/v1/uploads/:id',
      {
        config: work,
        schema: {
          summary: 'The part of a photo that begins at `offset`; with the last one it is kept',
          consumes: ['application/octet-stream'],
          params: Type.Object({ id: Hash }, { additionalProperties: false }),
          querystring: Type.Object(
            { offset: Type.Integer({ minimum: 0, maximum: LARGEST_PICTURE_BYTES }) },
            { additionalProperties: false },
          ),
        },
      },
      async ({ params: { id }, query: { offset }, body, identity }) => {
        if (!Buffer.isBuffer(body)) throw new Fault('wrong_media_type')
        const received = uploads.add(id, identity!.id, offset, body, clock.now())
        const whole = uploads.whole(id, identity!.id, clock.now())
        if (!whole) return { received }
        try {
          return { received, ...(await keptInTurn(id, () => kept(id, whole, identity!))) }
        } catch (error) {
          // What is no picture will not be one when it is sent again.
          if (error instanceof Fault && error.code === 'bad_picture') uploads.forget(id)
          throw error
        }
      },
    )
    app.get(
      '/api/v1/orders/:id/photos/:photo',
      {
        config: { access: { roles: PERMISSIONS.readOwnOrders } },
        schema: {
          summary: 'A photo of an order',
          params: Type.Object({ id: IdParams.properties.id, photo: Hash }, { additionalProperties: false }),
          querystring: NoQuery,
        },
      },
      async ({ params: { id, photo }, identity }, reply) => {
        const order = await read.get('orders', id)
        const isKnown = order && scope.maySee(identity!, order) && order.photos?.some((each) => each.photo === photo)
        const record = isKnown ? secrets.get('photo', `${id}-${photo}`) : null
        const bytes = record && secrets.bytes('photo', `${id}-${photo}`)
        if (!bytes) throw new Fault('not_found')
        const ending = record.doc.mediaType === 'image/png' ? 'png' : 'jpg'
        return reply
          .type(record.doc.mediaType)
          .header('content-disposition', `attachment; filename="${id}-${photo.slice(0, 8)}.${ending}"`)
          .send(bytes)
      },
    )
  }
}
