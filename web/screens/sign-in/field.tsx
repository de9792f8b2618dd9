import { useState } from 'preact/hooks'
import { useWords } from '../../app-context.ts'

type FieldProps = Readonly<{
  label: string
  value: string
  onInput: (value: string) => void
  autocomplete: string
  hint?: string
  isSecret?: boolean
  autofocus?: boolean
}>

/** A labelled field; a secret one can be shown, because typing blind makes people choose short passwords. */
export function Field({ label, value, onInput, autocomplete, hint, isSecret = false, autofocus = false }: FieldProps) {
  const words = useWords()
  const [isShown, setShown] = useState(false)
  return (
    <label class="grid gap-1">
      <span class="text-sm font-medium">{label}</span>
      <span class="join">
        <input
          class="input touch join-item w-full"
          // The types know a field as one kind; this one is shown and hidden.
          type={(isSecret && !isShown ? 'password' : 'text') as 'text'}
          required
          maxLength={256}
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
      {hint !== undefined && <span class="quiet text-sm">{hint}</span>}
    </label>
  )
}
