import type uPlot from 'uplot'
import type { Mark } from './mark.ts'
import type { Stretch } from './stretches.ts'

/** What happened: an upright line each. */
export function drawMarks(plot: uPlot, marks: readonly Mark[], colours: Readonly<Record<Mark['kind'], string>>): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.lineWidth = 2 * devicePixelRatio
  for (const { kind, at } of marks) {
    const x = Math.round(plot.valToPos(at / 1_000, 'x', true))
    ctx.strokeStyle = colours[kind]
    ctx.setLineDash(kind === 'order' ? [6, 4] : [])
    ctx.beginPath()
    // An alarm and its order stand at nearly the same time: one above, one below.
    const top = kind === 'alarm' ? bbox.top : bbox.top + bbox.height / 2
    ctx.moveTo(x, top)
    ctx.lineTo(x, top + bbox.height / 2)
    ctx.stroke()
  }
  ctx.restore()
}

/** What was not good: hatched, one way for bad and the other for uncertain, so that it is not told by colour alone. */
export function drawStretches(
  plot: uPlot,
  stretches: readonly Stretch[],
  colours: Readonly<Record<Stretch['quality'], string>>,
): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  for (const { quality, from, to } of stretches) {
    const left = plot.valToPos(from / 1_000, 'x', true)
    // One bad value in a month is narrower than a pixel, and is seen all the same.
    const width = Math.max(2 * devicePixelRatio, plot.valToPos(to / 1_000, 'x', true) - left)
    ctx.fillStyle = hatch(ctx, colours[quality], quality === 'bad')
    ctx.fillRect(left, bbox.top, width, bbox.height)
  }
  ctx.restore()
}

function hatch(ctx: CanvasRenderingContext2D, colour: string, isFalling: boolean): CanvasPattern | string {
  const size = 8 * devicePixelRatio
  const tile = document.createElement('canvas')
  tile.width = tile.height = size
  const pen = tile.getContext('2d')
  if (!pen) return colour
  pen.globalAlpha = 0.15
  pen.fillStyle = colour
  pen.fillRect(0, 0, size, size)
  pen.globalAlpha = 0.75
  pen.strokeStyle = colour
  pen.lineWidth = devicePixelRatio
  pen.beginPath()
  // Beyond the corners, so that the lines of neighbouring tiles meet.
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, isFalling ? 0 : size)
    pen.lineTo(shift + size, isFalling ? size : 0)
  }
  pen.stroke()
  return ctx.createPattern(tile, 'repeat') ?? colour
}
