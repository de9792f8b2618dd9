import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { useWords } from '../app-context.ts'

type FieldProps = Readonly<{
  label: string
  value: string
  onInput: (value: string) => void
  autocomplete: string
  hint?: string
  isSecret?: boolean
  /** A code of six digits: a phone shows its figures. */
  isCode?: boolean
  autofocus?: boolean
}>

/** A labelled field; a secret one can be shown, because typing blind makes people choose short passwords. */
export function Field({
  label,
  value,
  onInput,
  autocomplete,
  hint,
  isSecret = false,
  isCode = false,
  autofocus = false,
}: FieldProps) {
  const words = useWords()
  const [isShown, setShown] = useState(false)
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  // The attribute alone works on the first page and in dialogs, not on a step that follows.
  useEffect(() => {
    if (autofocus) input.current?.focus()
  }, [])
  return (
    <div class="grid gap-1">
      <label for={id} class="text-sm font-medium">
        {label}
      </label>
      <span class="join">
        <input
          ref={input}
          id={id}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          class="input touch join-item w-full"
          // The types know a field as one kind; this one is shown and hidden.
          type={(isSecret && !isShown ? 'password' : 'text') as 'text'}
          required
          maxLength={isCode ? 12 : 256}
          inputMode={isCode ? 'numeric' : undefined}
          autofocus={autofocus}
          autocomplete={autocomplete}
          autocapitalize="off"
          spellcheck={false}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
        {isSecret && (
          <button type="button" class="btn touch join-item" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
            {words.say(isShown ? 'web.signin.hide' : 'web.signin.show')}
          </button>
        )}
      </span>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="quiet text-sm">
          {hint}
        </p>
      )}
    </div>
  )
}
