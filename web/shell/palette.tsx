import { useLocation } from 'preact-iso'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import type { Role } from '../api/types.ts'
import { Icon } from '../parts/icon.tsx'
import { type Entry, entriesOf, search } from './palette-entries.ts'

/** Go anywhere by typing: a combobox over a list, in a dialog of the browser's. */
export function Palette({ role, onClose }: { role: Role; onClose: () => void }) {
  const { words, estate } = useApp()
  const { route } = useLocation()
  const dialog = useRef<HTMLDialogElement>(null)
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState(0)
  useEffect(() => dialog.current?.showModal(), [])

  const all = entriesOf(
    {
      role,
      assets: estate.site.value?.assets ?? [],
      alarms: estate.alarms.value ?? [],
      orders: estate.orders.value ?? [],
    },
    words,
  )
  const found = search(all, typed)
  const active = Math.min(chosen, found.length - 1)
  const go = (entry: Entry | undefined) => {
    if (!entry) return
    dialog.current?.close()
    route(entry.href)
  }
  const move = (by: number) => {
    const next = (active + by + found.length) % Math.max(1, found.length)
    setChosen(next)
    document.getElementById(`entry-${next}`)?.scrollIntoView({ block: 'nearest' })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) move(step)
    else if (event.key === 'Enter') go(found[active])
    else return
    event.preventDefault()
  }

  return (
    <dialog
      ref={dialog}
      class="modal modal-top sm:modal-middle"
      aria-label={words.say('web.palette')}
      onClose={onClose}
    >
      <div class="modal-box flex h-[min(32rem,80vh)] flex-col p-0">
        <label class="border-base-300 flex items-center gap-2 border-b px-4">
          <Icon name="search" />
          <input
            type="text"
            role="combobox"
            autofocus
            autocomplete="off"
            spellcheck={false}
            class="h-13 flex-1 bg-transparent outline-none"
            placeholder={words.say('web.palette.hint')}
            aria-label={words.say('web.palette')}
            aria-expanded={found.length > 0}
            aria-controls="entries"
            aria-autocomplete="list"
            aria-activedescendant={found.length > 0 ? `entry-${active}` : undefined}
            value={typed}
            onInput={(event) => {
              setTyped(event.currentTarget.value)
              setChosen(0)
            }}
            onKeyDown={onKeyDown}
          />
        </label>
        {found.length === 0 && <p class="quiet p-4">{words.say('web.palette.nothing')}</p>}
        <ul id="entries" role="listbox" aria-label={words.say('web.palette')} class="flex-1 overflow-y-auto p-2">
          {found.map((entry, index) => (
            <li
              key={entry.href}
              id={`entry-${index}`}
              role="option"
              aria-selected={index === active}
              class={`rounded-field flex min-h-11 cursor-pointer items-center gap-3 px-3 py-1.5 ${index === active ? 'bg-primary/15' : 'hover:bg-base-200'}`}
              onClick={() => go(entry)}
            >
              <Icon name={entry.icon} />
              <span class="min-w-0 flex-1 truncate">{entry.text}</span>
              <span class={`truncate text-sm ${index === active ? '' : 'quiet'}`}>{entry.more}</span>
            </li>
          ))}
        </ul>
      </div>
      <form method="dialog" class="modal-backdrop">
        <button tabIndex={-1} aria-hidden="true">
          ×
        </button>
      </form>
    </dialog>
  )
}
