import { useState } from 'preact/hooks'
import type { RosterPerson } from '../../api/roster-types.ts'
import { useApp } from '../../app-context.ts'
import { Actions } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Facts } from '../../parts/screen.tsx'
import { may } from '../../roles.ts'
import { useRole } from '../alarms/person.tsx'
import { CertificateForm, DutyForm, LeaveForm, LeaverForm } from './person-forms.tsx'

type Doing = 'leave' | 'duty' | 'certificate' | 'leaver'
type PersonDialogProps = Readonly<{
  person: RosterPerson
  people: readonly RosterPerson[]
  onClose: () => void
  onDone: () => void
}>

/** One person: what they may do and until when, what was changed by hand, and what may be changed. */
export function PersonDialog({ person, people, onClose, onDone }: PersonDialogProps) {
  const { words } = useApp()
  const role = useRole()
  const [doing, setDoing] = useState<Doing | null>(null)
  const mayPlan = role !== null && may(role, 'planRoster') && !person.hasLeft
  const mayManage = role !== null && may(role, 'managePeople')
  const { moment } = words.format
  const day = (date: string) =>
    new Intl.DateTimeFormat(words.language.value === 'en' ? 'en-GB' : words.language.value, {
      timeZone: 'UTC',
      dateStyle: 'medium',
    }).format(Date.parse(`${date}T12:00:00Z`))
  const done = () => {
    onDone()
    setDoing(null)
  }
  const form = { person: person.id, onDone: done }
  const deeds: readonly Doing[] = [
    ...(mayPlan ? (['leave', 'duty', 'certificate'] as const) : []),
    ...(mayManage && !person.hasLeft ? (['leaver'] as const) : []),
  ]
  return (
    <Dialog title={person.name ?? person.id} onClose={onClose}>
      {doing === null ? (
        <div class="grid gap-4">
          <Facts
            facts={[
              [words.say('web.roster.id'), person.id],
              [words.say('web.roster.role'), words.sayCode('staff', person.role)],
              [words.say('web.roster.phone'), person.phone],
              [words.say('web.roster.skills'), person.skills.map((skill) => words.sayCode('skill', skill)).join(', ')],
              [
                words.say('web.roster.regions'),
                person.regions.map((region) => words.sayCode('region', region)).join(', '),
              ],
              [words.say('web.roster.rotation'), person.rotation],
              ...person.certificates.map(
                ({ kind, until, days }) =>
                  [
                    words.sayCode('certificate', kind),
                    <span key={kind} class={days < 0 ? 'text-error' : days <= 30 ? 'text-warning' : ''}>
                      {words.say('web.roster.until', { day: day(until) })}
                    </span>,
                  ] as const,
              ),
            ]}
          />
          {person.leaves.map((leave) => (
            <div key={leave.id} class="flex flex-wrap items-center justify-between gap-2 text-sm">
              <span>
                <strong>{words.sayCode('leave', leave.reason)}</strong> {moment(leave.from)} – {moment(leave.to)}
              </span>
              {mayPlan && (
                <Actions
                  actions={[
                    { path: `/leaves/${leave.id}/end`, label: 'web.roster.leave.end', icon: 'undo-2', done: onDone },
                  ]}
                />
              )}
            </div>
          ))}
          {person.changes.map((change) => (
            <div key={change.id} class="flex flex-wrap items-center justify-between gap-2 text-sm">
              <span>
                <strong>
                  {change.instead === null
                    ? words.say('web.roster.extra')
                    : words.say('web.roster.for', { person: change.person, instead: change.instead })}
                </strong>{' '}
                {moment(change.from)} – {moment(change.to)}
              </span>
              {mayPlan && (
                <Actions
                  actions={[
                    { path: `/duties/${change.id}/end`, label: 'web.roster.duty.end', icon: 'undo-2', done: onDone },
                  ]}
                />
              )}
            </div>
          ))}
          {mayManage && person.hasLeft && (
            <Actions
              actions={[
                { path: `/people/${person.id}/return`, label: 'web.roster.return', icon: 'undo-2', done: onDone },
              ]}
            />
          )}
          {deeds.length > 0 && (
            <div class="grid gap-2 sm:grid-cols-2">
              {deeds.map((deed) => (
                <button key={deed} type="button" class="btn touch" data-deed={deed} onClick={() => setDoing(deed)}>
                  {words.say(`web.roster.do.${deed}`)}
                </button>
              ))}
            </div>
          )}
        </div>
      ) : (
        <>
          {doing === 'leave' && <LeaveForm {...form} />}
          {doing === 'duty' && <DutyForm {...form} people={people} />}
          {doing === 'certificate' && <CertificateForm {...form} />}
          {doing === 'leaver' && <LeaverForm {...form} people={people} />}
          <button type="button" class="btn btn-ghost touch mt-3 w-full" onClick={() => setDoing(null)}>
            {words.say('web.roster.back')}
          </button>
        </>
      )}
    </Dialog>
  )
}
