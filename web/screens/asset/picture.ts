type Look = Readonly<{ title: string; font: string; text: string; ground: string }>

const TITLE_PX = 36

/** A chart as a PNG that stands for itself: what it shows is written above it. Null where the browser cannot. */
export function pictureOf(chart: HTMLCanvasElement, { title, font, text, ground }: Look): Promise<Blob | null> {
  const top = TITLE_PX * devicePixelRatio
  const sheet = document.createElement('canvas')
  sheet.width = chart.width
  sheet.height = chart.height + top
  const pen = sheet.getContext('2d')
  if (!pen) return Promise.resolve(null)
  pen.fillStyle = ground
  pen.fillRect(0, 0, sheet.width, sheet.height)
  pen.fillStyle = text
  pen.font = `600 ${13 * devicePixelRatio}px ${font}`
  pen.textBaseline = 'middle'
  const margin = 10 * devicePixelRatio
  pen.fillText(title, margin, top / 2, sheet.width - 2 * margin)
  pen.drawImage(chart, 0, top)
  return new Promise((resolve) => sheet.toBlob(resolve, 'image/png'))
}
