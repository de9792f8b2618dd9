import { useComputed } from '@preact/signals'
import { useApp } from '../app-context.ts'
import type { Device, Point, Reading } from '../api/types.ts'

/** Polling and drawing take their time: a value is not called old before this. */
const OLD_AFTER_MS = 60_000

export type LiveValueProps = Readonly<{
  device: Pick<Device, 'id' | 'validityMs'>
  point: Pick<Point, 'point' | 'unit' | 'name'>
  /** A figure without a unit, or a yes or no, says its name, where no heading says it. */
  named?: boolean
  class?: string
}>

/**
 * A live value. One that is not good never stands there as if it were: uncertain with its reason, bad crossed with its
 * reason, old grey with its age.
 */
export function LiveValue({ device, point, named = false, class: more = '' }: LiveValueProps) {
  const { words, estate } = useApp()
  const reading = estate.values.of(device.id, point.point).value
  const age = useComputed(() =>
    ageOf(estate.values.of(device.id, point.point).value, device.validityMs, estate.clock.now.value),
  )
  const { value, quality, reason } = reading
  const speaks = typeof value === 'string' || (typeof value === 'number' && point.unit !== null)
  const name = named && !speaks ? `${words.of(point.name)} ` : ''
  if (quality === null) return <span class={`quiet ${more}`}>{`${name}${words.say('web.value.waiting')}`}</span>
  const figure = value === null ? '–' : words.figure(value, point.unit)
  if (quality === 'good') {
    const isOld = age.value > 0
    return (
      <span class={`${isOld ? 'quiet italic' : ''} ${more}`} data-quality={isOld ? 'old' : 'good'}>
        {name}
        {figure}
        {isOld && <small class="ml-1">{words.say('web.value.old', { age: words.format.duration(age.value) })}</small>}
      </span>
    )
  }
  const why = reason ? words.sayCode('reason', reason) : words.say(`web.quality.${quality}`)
  return (
    <span class={`${quality === 'bad' ? 'text-error' : 'text-warning'} ${more}`} data-quality={quality}>
      {name}
      {quality === 'bad' ? <s>{figure}</s> : figure}
      <small class="ml-1">{why}</small>
    </span>
  )
}

/** 0 while it is fresh; else how old, in whole minutes, so that a cell is not redrawn each second. */
function ageOf({ at }: Reading, validityMs: number, now: number): number {
  if (at === null || now === 0) return 0
  const ageMs = now - Date.parse(at)
  return ageMs > Math.max(validityMs, OLD_AFTER_MS) ? Math.floor(ageMs / 60_000) * 60_000 : 0
}
