/** A picture and nothing else; width and height in pixels. */
export type Picture = Readonly<{
  mediaType: 'image/jpeg' | 'image/png'
  width: number
  height: number
  bytes: Buffer
}>
