import { useWords } from '../app-context.ts'
import { Field } from './field.tsx'

type CodeFieldProps = Readonly<{ value: string; onInput: (value: string) => void }>

/** The six digits that an authenticator app shows now. */
export function CodeField({ value, onInput }: CodeFieldProps) {
  const words = useWords()
  return (
    <Field
      label={words.say('web.code')}
      value={value}
      onInput={onInput}
      autocomplete="one-time-code"
      hint={words.say('web.code.hint')}
      isCode
      autofocus
    />
  )
}

/** Apps show the code in two groups, and people type it so. */
export function digitsOf(code: string): string {
  return code.replaceAll(/\s/g, '')
}
