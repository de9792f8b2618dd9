import { useRef, useState } from 'preact/hooks'
import type { BulkAnswer } from '../../api/alarm-types.ts'
import { actionKey, Refusal } from '../../api/connection.ts'
import type { Alarm, Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { useSending } from '../../parts/action.tsx'
import type { Deed } from './alarm-actions.ts'

const MOST_AT_ONCE = 500

type Doing = Readonly<{
  isBusy: boolean
  refused: string | null
  /** An answer for each; null where the only one was refused, or nobody answered. */
  send(deed: Deed, alarms: readonly Alarm[], body: object): Promise<readonly BulkAnswer[] | null>
}>

/** One alarm by its own route, many acknowledged in one request, other deeds one after another. */
export function useDeed(): Doing {
  const { connection } = useApp()
  const sending = useSending()
  const [isBusy, setBusy] = useState(false)
  // An alarm that got no answer keeps its key while the dialog is open: sent again, it has one effect.
  const keys = useRef(new Map<string, string>())

  async function one(deed: Deed, id: string, body: object): Promise<BulkAnswer> {
    const path = `/alarms/${id}/${deed}`
    const what = path + JSON.stringify(body)
    const key = keys.current.get(what) ?? actionKey()
    keys.current.set(what, key)
    try {
      await connection.send('POST', path, body, key)
      return { id }
    } catch (error) {
      return error instanceof Refusal
        ? { id, refused: error.code, params: error.params }
        : { id, refused: 'unanswered' }
    }
  }

  async function many(deed: Deed, alarms: readonly Alarm[], body: object): Promise<readonly BulkAnswer[] | null> {
    const answers: BulkAnswer[] = []
    if (deed !== 'ack') {
      for (const { id } of alarms) answers.push(await one(deed, id, body))
      return answers
    }
    for (let from = 0; from < alarms.length; from += MOST_AT_ONCE) {
      const ids = alarms.slice(from, from + MOST_AT_ONCE).map(({ id }) => id)
      const page = await sending.send<Page<BulkAnswer>>('/alarms/ack', { alarms: ids, ...body })
      if (page === null) return answers.length === 0 ? null : answers
      answers.push(...page.items)
    }
    return answers
  }

  return {
    isBusy: isBusy || sending.isBusy,
    refused: sending.refused,
    async send(deed, alarms, body) {
      const [first] = alarms
      if (alarms.length === 1 && first) {
        const done = await sending.send(`/alarms/${first.id}/${deed}`, body)
        return done && [{ id: first.id }]
      }
      setBusy(true)
      try {
        return await many(deed, alarms, body)
      } finally {
        setBusy(false)
      }
    },
  }
}
