import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Refusal } from '../api/connection.ts'
import { useApp } from '../app-context.ts'
import type { Words } from '../words/words.ts'
import { Refused } from './action.tsx'

/** One thing that is asked of the gateway at a time. */
export type Asking = Readonly<{
  isBusy: boolean
  refused: string | null
  clear(): void
  /** Null when it is done, else the code of the refusal; `unanswered` when there was no answer. */
  ask(request: () => Promise<unknown>): Promise<string | null>
}>

/** Busy while it is asked; a refusal in words. */
export function useAsking(): Asking {
  const { words } = useApp()
  const [isBusy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string | null>(null)
  return {
    isBusy,
    refused,
    clear: () => setRefused(null),
    async ask(request) {
      setBusy(true)
      setRefused(null)
      try {
        await request()
        return null
      } catch (error) {
        setRefused(refusalText(words, error))
        return error instanceof Refusal ? error.code : 'unanswered'
      } finally {
        setBusy(false)
      }
    },
  }
}

/** Whoever tried too often is told how long to wait, in units that people wait in. */
function refusalText(words: Words, error: unknown): string {
  if (!(error instanceof Refusal)) return words.say('web.request.unanswered')
  if (error.status !== 429 || error.retryAfterS === null) return error.message
  return words.say('web.request.wait', { time: words.format.duration(error.retryAfterS * 1_000) })
}

type RequestFormProps = Readonly<{
  asking: Asking
  label: string
  onSubmit: () => unknown
  children: ComponentChildren
}>

/** Fields, the answer when it is no, and one button. */
export function RequestForm({ asking, label, onSubmit, children }: RequestFormProps) {
  const submit = (event: Event) => {
    event.preventDefault()
    void onSubmit()
  }
  return (
    <form onSubmit={submit} class="grid gap-4">
      {children}
      <Refused text={asking.refused} />
      <button type="submit" class="btn btn-primary touch" disabled={asking.isBusy}>
        {label}
      </button>
    </form>
  )
}
