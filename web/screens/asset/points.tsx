import { useApp, useWords } from '../../app-context.ts'
import type { Device, Point } from '../../api/types.ts'
import { LiveValue } from '../../parts/live-value.tsx'
import { Panel } from '../../parts/screen.tsx'

/** Every value of a device, live, with its quality and when it was measured. */
export function Points({ device, isOnly }: { device: Device; isOnly: boolean }) {
  const words = useWords()
  return (
    <Panel title={isOnly ? words.say('web.asset.values') : `${words.say('web.asset.values')} · ${device.id}`}>
      <ul class="grid gap-x-6 sm:grid-cols-2">
        {device.points.map((point) => (
          <li
            key={point.point}
            data-point={point.point}
            class="border-base-300 flex min-h-10 items-center justify-between gap-3 border-b py-1 text-sm"
          >
            <span class="quiet min-w-0 break-words">{words.of(point.name)}</span>
            <span class="text-right">
              <LiveValue device={device} point={point} class="font-medium" />
              <MeasuredAt device={device} point={point} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function MeasuredAt({ device, point }: { device: Device; point: Point }) {
  const { words, estate } = useApp()
  const { at } = estate.values.of(device.id, point.point).value
  return at === null ? null : (
    <time dateTime={at} class="quiet block text-xs">
      {words.format.time(at)}
    </time>
  )
}
