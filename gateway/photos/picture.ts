import { Fault } from '#devices/fault.ts'
import { rebuiltJpeg } from './jpeg.ts'
import { isPng, rebuiltPng, sizeOfPng } from './png.ts'
import type { Picture } from './rebuilt.ts'

/** S20: what a phone's camera makes, and not more. */
export const LARGEST_PICTURE_BYTES = 5 * 1_048_576
const MOST_PIXELS = { 'image/jpeg': 24_000_000, 'image/png': 8_000_000 } as const
const LONGEST_SIDE = 8_192

/**
 * What was sent as a picture, built anew without anything else. Its size is looked at before anything is unpacked.
 * @throws Fault `bad_picture` or `too_large`.
 */
export async function pictureOf(bytes: Buffer): Promise<Picture> {
  if (bytes.length > LARGEST_PICTURE_BYTES) throw new Fault('too_large', { bytes: LARGEST_PICTURE_BYTES })
  if (isPng(bytes)) {
    mustFit('image/png', sizeOfPng(bytes))
    return rebuiltPng(bytes)
  }
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Fault('bad_picture', { detail: 'neither JPEG nor PNG' })
  const picture = rebuiltJpeg(bytes)
  mustFit('image/jpeg', picture)
  return picture
}

function mustFit(type: keyof typeof MOST_PIXELS, { width, height }: Readonly<{ width: number; height: number }>): void {
  const isTooLarge = width > LONGEST_SIDE || height > LONGEST_SIDE || width * height > MOST_PIXELS[type]
  if (isTooLarge || width * height === 0) throw new Fault('bad_picture', { detail: `${width} × ${height} pixels` })
}
