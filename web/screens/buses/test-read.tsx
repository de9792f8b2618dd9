import { useState } from 'preact/hooks'
import type { Bus, TestAnswer } from '../../api/bus-types.ts'
import { useApp } from '../../app-context.ts'
import { Panel } from '../../parts/screen.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'
import { hex, milliseconds } from './bus-panel.tsx'
import { FindingSteps } from './finding-steps.tsx'
import { Interpretations } from './interpretations.tsx'

export type Place = Readonly<{ bus: string; unitId: string }>
type Asked = Readonly<{ answer: TestAnswer; nth: number }>

const FUNCTIONS = ['3', '4', '1', '2'] as const
/** As manuals number the four tables. */
const REFERENCES = { 1: 1, 2: 10_001, 3: 40_001, 4: 30_001 } as const

/** One read of any unit, also of one that the site does not name. Nothing is stored and nothing is written. */
export function TestRead({
  buses,
  place,
  choose,
}: {
  buses: readonly Bus[]
  place: Place
  choose: (place: Place) => void
}) {
  const { words, connection } = useApp()
  const [code, setCode] = useState<(typeof FUNCTIONS)[number]>('3')
  const [address, setAddress] = useState('0')
  const [count, setCount] = useState('4')
  const [asked, setAsked] = useState<Asked | null>(null)
  const asking = useAsking()
  const bus = buses.some(({ id }) => id === place.bus) ? place.bus : buses[0]!.id
  const submit = () =>
    asking.ask(async () => {
      const body = {
        unitId: Number(place.unitId),
        function: Number(code),
        address: Number(address),
        count: Number(count),
      }
      const answer = await connection.send<TestAnswer>('POST', `/buses/${encodeURIComponent(bus)}/read`, body)
      setAsked((before) => ({ answer, nth: (before?.nth ?? 0) + 1 }))
    })
  const at = Number(address)
  const isAddress = address.trim() !== '' && Number.isInteger(at) && at >= 0 && at <= 65_535
  return (
    <Panel title={words.say('web.bus.test')}>
      <p class="quiet mb-3 text-sm">{words.say('web.bus.test.hint')}</p>
      <RequestForm asking={asking} label={words.say('web.bus.test.read')} onSubmit={submit}>
        <label class="grid gap-1 text-sm">
          <span class="font-medium">{words.say('web.bus.test.bus')}</span>
          <select
            class="select touch w-full"
            value={bus}
            onChange={(event) => choose({ ...place, bus: event.currentTarget.value })}
          >
            {buses.map(({ id, endpoint }) => (
              <option key={id} value={id}>
                {id} · {endpoint}
              </option>
            ))}
          </select>
        </label>
        <label class="grid gap-1 text-sm">
          <span class="font-medium">{words.say('web.bus.test.function')}</span>
          <select
            class="select touch w-full"
            value={code}
            onChange={(event) => setCode(FUNCTIONS.find((known) => known === event.currentTarget.value)!)}
          >
            {FUNCTIONS.map((known) => (
              <option key={known} value={known}>
                {words.say(`web.bus.function.${known}`)}
              </option>
            ))}
          </select>
        </label>
        <div class="grid grid-cols-3 gap-3">
          <Whole
            name="unit"
            label={words.say('web.bus.test.unit')}
            value={place.unitId}
            max={255}
            onInput={(unitId) => choose({ ...place, unitId })}
          />
          <Whole
            name="address"
            label={words.say('web.bus.test.address')}
            value={address}
            max={65_535}
            onInput={setAddress}
          />
          <Whole
            name="count"
            label={words.say('web.bus.test.count')}
            value={count}
            min={1}
            max={125}
            onInput={setCount}
          />
        </div>
        <p class="quiet text-sm">
          {words.say('web.bus.test.counts', { ref: isAddress ? REFERENCES[code] + at : '–' })}
          {isAddress && ` (${hex(at, 4)})`}
        </p>
      </RequestForm>
      <div role="status" class="mt-4">
        {asked && <Answer key={asked.nth} answer={asked.answer} />}
      </div>
    </Panel>
  )
}

function Answer({ answer }: { answer: TestAnswer }) {
  const { words } = useApp()
  return (
    <div data-answer={answer.outcome}>
      <p class="text-sm font-medium">
        {words.say(`web.bus.answer.${answer.outcome}`)} <span class="quiet">{milliseconds(words, answer.tookMs)}</span>
      </p>
      {answer.outcome === 'values' ? (
        <Interpretations answer={answer} />
      ) : (
        <FindingSteps finding={answer.finding} detail={answer.outcome === 'failed' ? answer.detail : null} />
      )}
    </div>
  )
}

type WholeProps = Readonly<{
  name: string
  label: string
  value: string
  min?: number
  max: number
  onInput: (value: string) => void
}>

function Whole({ name, label, value, min = 0, max, onInput }: WholeProps) {
  return (
    <label class="grid min-w-0 gap-1 text-sm">
      <span class="font-medium">{label}</span>
      <input
        class="input touch w-full"
        name={name}
        type="number"
        inputMode="numeric"
        required
        min={min}
        max={max}
        step={1}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  )
}
