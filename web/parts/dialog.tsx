import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useWords } from '../app-context.ts'
import { Icon } from './icon.tsx'

type DialogProps = Readonly<{ title: string; onClose: () => void; children: ComponentChildren }>

/** The browser's own dialog: focus stays inside, Escape closes, and the focus goes back where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const words = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    dialog.current?.showModal()
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  return (
    <dialog ref={dialog} class="modal modal-bottom sm:modal-middle" aria-label={title} onClose={onClose}>
      <div class="modal-box">
        <div class="mb-3 flex items-start justify-between gap-2">
          <h2 class="text-lg font-semibold">{title}</h2>
          <button
            type="button"
            class="btn btn-ghost btn-square btn-sm touch"
            aria-label={words.say('web.action.cancel')}
            onClick={() => dialog.current?.close()}
          >
            <Icon name="x" />
          </button>
        </div>
        {children}
      </div>
      <form method="dialog" class="modal-backdrop">
        <button tabIndex={-1} aria-hidden="true">
          ×
        </button>
      </form>
    </dialog>
  )
}
