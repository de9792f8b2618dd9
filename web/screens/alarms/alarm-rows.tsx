import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Alarm } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { DEEDS, type Deed, deedsFor } from './alarm-actions.ts'
import { focusRow, useKeys } from './alarm-keys.ts'
import { AlarmRow } from './alarm-row.tsx'
import { DeedDialog } from './deed-dialog.tsx'
import type { Family } from './filter.ts'
import { KeysHelp } from './keys-help.tsx'
import { useRole } from './person.tsx'

type AlarmRowsProps = Readonly<{ families: readonly Family[]; badActors: ReadonlySet<string>; onSearch: () => void }>
type Asked = Readonly<{ deed: Deed; alarms: readonly Alarm[] }>

/** Rows that the keyboard walks; what is marked is acknowledged, shelved or commented together. */
export function AlarmRows({ families, badActors, onSearch }: AlarmRowsProps) {
  const { words } = useApp()
  const { route } = useLocation()
  const role = useRole()
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set())
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [asked, setAsked] = useState<Asked | null>(null)
  const [isHelped, setHelped] = useState(false)
  const all = families.flatMap(({ alarm, children }) => [alarm, ...children])
  const doable = (deed: Deed, alarms: readonly Alarm[]) => alarms.filter((each) => deedsFor(each, role).includes(deed))
  const chosen = all.filter(({ id }) => marked.has(id))
  const markable = all.filter((alarm) => deedsFor(alarm, role).length > 0)

  const ask = (deed: Deed, row: string | null) => {
    const meant = chosen.length > 0 ? chosen : all.filter(({ id }) => id === row)
    const alarms = doable(deed, meant)
    if (alarms.length > 0) setAsked({ deed, alarms })
  }
  const mark = (id: string | null) => id !== null && setMarked((now) => toggled(now, id))
  useKeys({
    j: () => focusRow(1),
    k: () => focusRow(-1),
    x: (row) => markable.some(({ id }) => id === row) && mark(row),
    a: (row) => ask('ack', row),
    s: (row) => ask('shelve', row),
    c: (row) => ask('comment', row),
    Enter: (row) => row !== null && route(`/alarms/${row}`),
    '/': onSearch,
    '?': () => setHelped(true),
    Escape: () => setMarked(new Set()),
  })

  const rowOf = (alarm: Alarm, family: Family | null) => {
    const deeds = deedsFor(alarm, role)
    return (
      <AlarmRow
        key={alarm.id}
        alarm={alarm}
        isChild={family === null}
        isBadActor={badActors.has(alarm.rule)}
        mark={deeds.length === 0 ? null : { isMarked: marked.has(alarm.id), toggle: () => mark(alarm.id) }}
        acknowledge={
          deeds.includes('ack') && alarm.shown === alarm.state ? () => setAsked({ deed: 'ack', alarms: [alarm] }) : null
        }
        children={
          family && family.children.length > 0
            ? {
                count: family.children.length,
                isOpen: opened.has(alarm.id),
                toggle: () => setOpened((now) => toggled(now, alarm.id)),
              }
            : null
        }
      />
    )
  }
  return (
    <>
      <div class="mb-2 flex flex-wrap items-center justify-between gap-2 text-sm">
        {markable.length > 1 ? (
          <label class="touch flex cursor-pointer items-center gap-3 pl-3.5">
            <input
              type="checkbox"
              class="checkbox checkbox-sm"
              checked={chosen.length === markable.length}
              onChange={(event) => setMarked(new Set(event.currentTarget.checked ? markable.map(({ id }) => id) : []))}
            />
            {words.say('web.alarms.mark.all')}
          </label>
        ) : (
          <span />
        )}
        <button type="button" class="btn btn-ghost btn-sm hidden lg:inline-flex" onClick={() => setHelped(true)}>
          {words.say('web.alarms.keys')} <kbd class="kbd kbd-sm">?</kbd>
        </button>
      </div>
      <ul class="grid gap-2">
        {families.flatMap((family) => [
          rowOf(family.alarm, family),
          ...(opened.has(family.alarm.id) ? family.children.map((child) => rowOf(child, null)) : []),
        ])}
      </ul>
      {chosen.length > 0 && (
        <div
          role="toolbar"
          aria-label={words.say('web.alarms.marked', { n: chosen.length })}
          class="panel border-primary sticky bottom-18 z-10 mt-3 flex flex-wrap items-center gap-2 p-2 shadow-lg lg:bottom-3"
        >
          <span class="basis-full px-1 text-sm font-medium sm:basis-auto sm:px-2" role="status">
            {words.say('web.alarms.marked', { n: chosen.length })}
          </span>
          {(['ack', 'shelve', 'comment'] as const)
            .filter((deed) => doable(deed, chosen).length > 0)
            .map((deed) => (
              <button
                key={deed}
                type="button"
                data-bulk={deed}
                class={`btn btn-sm touch ${deed === 'ack' ? 'btn-primary' : ''}`}
                onClick={() => ask(deed, null)}
              >
                <Icon name={DEEDS[deed].icon} />
                {words.say(DEEDS[deed].label)}
              </button>
            ))}
          <button
            type="button"
            class="btn btn-ghost btn-sm btn-square touch ml-auto"
            aria-label={words.say('web.alarms.unmark')}
            onClick={() => setMarked(new Set())}
          >
            <Icon name="x" />
          </button>
        </div>
      )}
      {asked && <DeedDialog {...asked} onClose={() => setAsked(null)} onDone={() => setMarked(new Set())} />}
      {isHelped && <KeysHelp onClose={() => setHelped(false)} />}
    </>
  )
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set)
  if (!next.delete(id)) next.add(id)
  return next
}
