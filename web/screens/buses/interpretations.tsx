import { useState } from 'preact/hooks'
import type { Interpretation, TestAnswer, WireNumber } from '../../api/bus-types.ts'
import { useApp } from '../../app-context.ts'
import type { Words } from '../../words/words.ts'
import { hex } from './bus-panel.tsx'

const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
const TABLE = 'table-sm table [&_th]:text-base-content [&_td]:px-2 [&_th]:px-2 tabular-nums'

type Values = Extract<TestAnswer, { outcome: 'values' }>

/** Words as they came, and for the chosen one all that it could be together with those behind it. */
export function Interpretations({ answer }: { answer: Values }) {
  const { words } = useApp()
  const { interpretations, bits, points, texts } = answer
  const [chosen, setChosen] = useState(0)
  const register = interpretations[chosen]
  return (
    <div class="mt-2 grid gap-4">
      {bits.length > 0 && <p class="font-mono text-sm break-all">{bits.map((bit) => (bit ? '1' : '0')).join(' ')}</p>}
      {register && (
        <>
          <Registers registers={interpretations} chosen={chosen} choose={setChosen} />
          <Orders register={register} />
          <p class="text-sm break-all">
            {words.say('web.bus.text')} <code>{texts.ABCD}</code> · <code>{texts.BADC}</code>
          </p>
        </>
      )}
      {points.length > 0 && (
        <div>
          <h3 class="text-sm font-medium">{words.say('web.bus.points')}</h3>
          <ul class="text-sm">
            {points.map(({ device, point, address, value, reason }) => (
              <li key={`${device}.${point}`} class="flex flex-wrap justify-between gap-x-3">
                <span class="break-all">
                  {device} · {point} <span class="quiet">{address}</span>
                </span>
                <span class={reason ? 'text-error' : ''}>
                  {reason ? words.sayCode('reason', reason) : words.figure(value!, null)}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}

function Registers({
  registers,
  chosen,
  choose,
}: {
  registers: readonly Interpretation[]
  chosen: number
  choose: (index: number) => void
}) {
  const { words } = useApp()
  return (
    <div class="max-h-72 overflow-auto" tabIndex={0} role="group" aria-label={words.say('web.bus.registers')}>
      <table class={TABLE}>
        <thead>
          <tr>
            <th scope="col">{words.say('web.bus.register')}</th>
            <th scope="col">hex</th>
            <th scope="col" class="text-right">
              uint16
            </th>
            <th scope="col" class="text-right">
              int16
            </th>
            <th scope="col" class="text-right">
              BCD
            </th>
            <th scope="col">{words.say('web.bus.bits')}</th>
          </tr>
        </thead>
        <tbody>
          {registers.map(({ address, word, one }, index) => (
            <tr key={address} class={index === chosen ? 'bg-primary/10' : ''}>
              <td>
                <button
                  type="button"
                  class="btn btn-sm touch"
                  aria-pressed={index === chosen}
                  onClick={() => choose(index)}
                >
                  {address}
                </button>
              </td>
              <td class="font-mono">{hex(word, 4)}</td>
              <td class="text-right">{one.uint16}</td>
              <td class="text-right">{one.int16}</td>
              <td class="text-right">{one.bcd16 ?? '–'}</td>
              <td class="font-mono whitespace-nowrap">{bitsOf(word)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** All orders side by side. A number that hardly anything is measured in stands back. */
function Orders({ register }: { register: Interpretation }) {
  const { words } = useApp()
  const rows = Object.entries({ ...register.two, ...register.four })
  const from = words.say('web.bus.orders', { address: register.address })
  if (rows.length === 0) return <p class="quiet text-sm">{words.say('web.bus.orders.none')}</p>
  return (
    <div class="overflow-x-auto" tabIndex={0} role="group" aria-label={from}>
      <table class={TABLE} data-orders={register.address}>
        <caption class="pb-1 text-left text-sm font-medium">{from}</caption>
        <thead>
          <tr>
            <td />
            {ORDERS.map((order) => (
              <th key={order} scope="col" class="text-right">
                {order}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([type, read]) => (
            <tr key={type} data-type={type}>
              <th scope="row" class="font-normal">
                {type}
              </th>
              {ORDERS.map((order) => (
                <td
                  key={order}
                  class={`text-right whitespace-nowrap ${isLikely(read[order]) ? 'font-medium' : 'quiet'}`}
                >
                  {written(words, read[order])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function isLikely(value: WireNumber | null): boolean {
  if (typeof value !== 'number') return false
  return value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) <= 1e7)
}

function written(words: Words, value: WireNumber | null): string {
  if (value === null) return '–'
  if (typeof value === 'string') return value
  if (value === 0 || Number.isInteger(value)) return String(value)
  const isPlain = Math.abs(value) >= 1e-3 && Math.abs(value) < 1e7
  return isPlain ? words.format.number(Math.round(value * 1e4) / 1e4) : value.toExponential(2)
}

function bitsOf(word: number): string {
  return word
    .toString(2)
    .padStart(16, '0')
    .replace(/(.{4})(?=.)/g, '$1 ')
}
