import { useWords } from '../app-context.ts'
import { Field } from './field.tsx'

type NewPasswordFieldProps = Readonly<{ label: string; value: string; onInput: (value: string) => void }>

/** Where a password is chosen: what makes a good one is said before, not after. */
export function NewPasswordField(props: NewPasswordFieldProps) {
  const words = useWords()
  return <Field {...props} autocomplete="new-password" hint={words.say('web.password.hint')} isSecret />
}
