import { useApp } from '../../app-context.ts'

const MINUTES = [15, 30, 60, 120, 240, 480]
const MOST_SAFETY_MINUTES = 30

export type ShelfChoice = Readonly<{ minutes: number; oneShot: boolean; second: string }>
export const SHELF_CHOICE: ShelfChoice = { minutes: 30, oneShot: false, second: '' }

type ShelfFieldsProps = Readonly<{
  choice: ShelfChoice
  choose: (choice: ShelfChoice) => void
  isSafety: boolean
  /** Who asks, and so cannot be the second person. */
  by: string
}>

/** For how long, and with whom. */
export function ShelfFields({ choice, choose, isSafety, by }: ShelfFieldsProps) {
  const { words, estate } = useApp()
  return (
    <>
      <label class="grid gap-1">
        <span class="text-sm font-medium">{words.say('web.alarm.shelve.long')}</span>
        <select
          name="minutes"
          class="select touch w-full"
          value={choice.minutes}
          onChange={(event) => choose({ ...choice, minutes: Number(event.currentTarget.value) })}
        >
          {MINUTES.filter((minutes) => !isSafety || minutes <= MOST_SAFETY_MINUTES).map((minutes) => (
            <option key={minutes} value={minutes}>
              {words.format.duration(minutes * 60_000)}
            </option>
          ))}
        </select>
      </label>
      <label class="touch flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          class="checkbox checkbox-sm"
          checked={choice.oneShot}
          onChange={(event) => choose({ ...choice, oneShot: event.currentTarget.checked })}
        />
        {words.say('web.alarm.shelve.one_shot')}
      </label>
      {isSafety && (
        <label class="grid gap-1">
          <span class="text-sm font-medium">{words.say('web.alarm.shelve.second')}</span>
          <select
            required
            name="second"
            class="select touch w-full"
            value={choice.second}
            onChange={(event) => choose({ ...choice, second: event.currentTarget.value })}
          >
            <option value="" disabled>
              {words.say('web.action.by.choose')}
            </option>
            {(estate.site.value?.staff ?? [])
              .filter(({ id }) => id !== by)
              .map(({ id, role }) => (
                <option key={id} value={id}>
                  {id} · {words.sayCode('staff', role)}
                </option>
              ))}
          </select>
        </label>
      )}
    </>
  )
}
