import { type Connection, Refusal } from '../../api/connection.ts'
import type { PhotoKind } from '../../api/order-types.ts'

const PART_BYTES = 65_536
const LONGEST_SIDE = 1_600
const QUALITY = 0.82

/** Drawn anew and smaller, the right way up: nothing of the place it was taken at is left. Null for what is no picture. */
export async function shrunk(file: Blob): Promise<Blob | null> {
  const bitmap = await createImageBitmap(file).catch(() => null)
  if (!bitmap) return null
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
}

type Sent = Readonly<{ order: string; by: string; kind: PhotoKind; key: string; blob: Blob; deviceAt?: string }>

/** In parts; goes on where the gateway says that it was cut. */
export async function sendPhoto(connection: Connection, { order, blob, ...more }: Sent): Promise<void> {
  const begun = await connection.send<{ upload: string; received: number }>('POST', `/orders/${order}/photos`, {
    ...more,
    size: blob.size,
  })
  for (let at = begun.received; at < blob.size; at += PART_BYTES) {
    const answer = await fetch(`/api/v1/uploads/${begun.upload}?offset=${at}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: blob.slice(at, at + PART_BYTES),
      credentials: 'same-origin',
    })
    if (answer.ok) continue
    const { code = 'internal', detail = answer.statusText } = (await answer.json().catch(() => ({}))) as {
      code?: string
      detail?: string
    }
    throw new Refusal({ status: answer.status, code, detail, params: {} }, null)
  }
}
