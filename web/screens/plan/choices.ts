import { useEffect, useState } from 'preact/hooks'
import type { Both } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'

export type Choices = Readonly<{
  works: readonly Readonly<{ work: string; kind: string; needsQuality: boolean; leadHours: number }>[]
  zones: readonly Readonly<{ id: string; name: Both; homes: number }>[]
  buildings: readonly Readonly<{
    id: string
    name: Both
    floors: number
    entrances: readonly Readonly<{ id: string; name: Both; homes: number }>[]
    homes: readonly string[]
  }>[]
  assets: readonly Readonly<{
    id: string
    name: Both
    kind: string
    homes: number
    rules: readonly Readonly<{ id: string; name: Both; class: string; safety: boolean }>[]
  }>[]
}>

export type Draft = Readonly<{
  work: string
  asset: string
  /** Empty: whom the asset serves. */
  places: ReadonlySet<string>
  from: string
  to: string
  rules: ReadonlySet<string>
  reason: string
  second: string
}>

export type Preview = Readonly<{
  homes: number
  isInTime: boolean
  leadHours: number
  texts: readonly Readonly<{
    channel: string
    language: 'zh-CN' | 'en'
    title: string
    body: string
    bytes: number
    most: number
    parts: number | null
  }>[]
  /** What sending to the chosen homes comes to, and when telephones ring. */
  sending: Readonly<{
    /** Null where nobody is told home by home: then `cost` is an estimate. */
    told: number | null
    informed: number
    noContact: number
    messages: number
    parts: number
    yuan: number
    isOverCap: boolean
    waiting: number
    ringAt: string | null
    remindAt: readonly string[]
  }>
  cost: Readonly<{ parts: number; perPart: number; total: number; isPaid: boolean }>
}>

export function useChoices(): Choices | null {
  const { connection } = useApp()
  const [choices, setChoices] = useState<Choices | null>(null)
  useEffect(() => {
    connection.get<Choices>('/notices/choices').then(setChoices, () => {})
  }, [])
  return choices
}

const REST_MS = 300

/** What would be sent, asked again when the draft has rested for a moment; null while it says too little. */
export function usePreview(body: object | null): Preview | null {
  const { connection } = useApp()
  const [preview, setPreview] = useState<Preview | null>(null)
  const text = JSON.stringify(body)
  useEffect(() => {
    if (body === null) return setPreview(null)
    let isWanted = true
    const timer = setTimeout(() => {
      connection.send<Preview>('POST', '/notices/preview', body).then(
        (found) => isWanted && setPreview(found),
        () => isWanted && setPreview(null),
      )
    }, REST_MS)
    return () => {
      isWanted = false
      clearTimeout(timer)
    }
  }, [text])
  return preview
}
