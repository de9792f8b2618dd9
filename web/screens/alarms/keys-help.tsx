import { useWords } from '../../app-context.ts'
import { Dialog } from '../../parts/dialog.tsx'
import type { TextKey } from '../../words/words.ts'

const KEYS: readonly (readonly [string, TextKey])[] = [
  ['j k', 'web.keys.move'],
  ['x', 'web.keys.mark'],
  ['a', 'web.alarm.ack'],
  ['s', 'web.alarm.shelve'],
  ['c', 'web.alarm.comment'],
  ['Enter', 'web.keys.open'],
  ['/', 'web.keys.search'],
  ['Esc', 'web.keys.escape'],
  ['?', 'web.keys.help'],
]

export function KeysHelp({ onClose }: { onClose: () => void }) {
  const words = useWords()
  return (
    <Dialog title={words.say('web.alarms.keys')} onClose={onClose}>
      <dl class="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        {KEYS.map(([keys, text]) => (
          <>
            <dt key={keys} class="flex gap-1">
              {keys.split(' ').map((key) => (
                <kbd key={key} class="kbd kbd-sm">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{words.say(text)}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  )
}
