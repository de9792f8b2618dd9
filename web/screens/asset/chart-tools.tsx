import type { ComponentChildren } from 'preact'
import { useWords } from '../../app-context.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import type { TextKey } from '../../words/words.ts'

/** What may be done with a chart: by a button, by a key, and, where it says so, by the mouse. */
export type ChartCommand = 'earlier' | 'later' | 'closer' | 'further' | 'back'

export const KEYS: Readonly<Record<string, ChartCommand>> = {
  ArrowLeft: 'earlier',
  ArrowRight: 'later',
  '+': 'closer',
  '=': 'closer',
  '-': 'further',
  Escape: 'back',
}

const BUTTONS: readonly Readonly<{ command: ChartCommand; icon: IconName; label: TextKey }>[] = [
  { command: 'earlier', icon: 'chevron-left', label: 'web.chart.earlier' },
  { command: 'further', icon: 'zoom-out', label: 'web.chart.further' },
  { command: 'closer', icon: 'zoom-in', label: 'web.chart.closer' },
  { command: 'later', icon: 'chevron-right', label: 'web.chart.later' },
]

type ChartToolsProps = Readonly<{
  /** What is drawn, to be chosen. */
  choice: ComponentChildren
  isZoomed: boolean
  hasFigures: boolean
  act: (command: ChartCommand) => void
  savePicture: () => void
  saveFigures: () => void
}>

export function ChartTools({ choice, isZoomed, hasFigures, act, savePicture, saveFigures }: ChartToolsProps) {
  const words = useWords()
  return (
    <div class="mb-2 flex flex-wrap items-center justify-between gap-2">
      {choice}
      <div class="join">
        {BUTTONS.map(({ command, icon, label }) => (
          <button
            key={command}
            type="button"
            class="btn btn-square btn-sm touch join-item min-w-11 lg:min-w-9"
            aria-label={words.say(label)}
            title={words.say(label)}
            data-chart-do={command}
            // Now is the latest there is.
            disabled={command === 'later' && !isZoomed}
            onClick={() => act(command)}
          >
            <Icon name={icon} />
          </button>
        ))}
        <button
          type="button"
          class="btn btn-square btn-sm touch join-item min-w-11 lg:min-w-9"
          aria-label={words.say('web.chart.back')}
          title={words.say('web.chart.back')}
          data-chart-do="back"
          disabled={!isZoomed}
          onClick={() => act('back')}
        >
          <Icon name="undo-2" />
        </button>
      </div>
      <div class="join">
        <button
          type="button"
          class="btn btn-sm touch join-item px-2 lg:px-2.5"
          aria-label={words.say('web.chart.png')}
          title={words.say('web.chart.png')}
          disabled={!hasFigures}
          onClick={savePicture}
        >
          PNG
        </button>
        <button
          type="button"
          class="btn btn-sm touch join-item px-2 lg:px-2.5"
          aria-label={words.say('web.chart.csv')}
          title={words.say('web.chart.csv')}
          disabled={!hasFigures}
          onClick={saveFigures}
        >
          CSV
        </button>
      </div>
    </div>
  )
}
