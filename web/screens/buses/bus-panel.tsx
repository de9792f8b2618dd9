import type { ComponentChildren } from 'preact'
import type { Bus, BusUnit } from '../../api/bus-types.ts'
import { useApp } from '../../app-context.ts'
import { Moment } from '../../parts/moment.tsx'
import { Facts } from '../../parts/screen.tsx'
import type { Words } from '../../words/words.ts'
import { FindingSteps } from './finding-steps.tsx'
import { errorsOf, NOISY, shareOf, unitsWorstFirst } from './worst-first.ts'

const ROAD_TINT = { idle: 'badge-info', up: 'badge-success', down: 'badge-error' } as const
const UNIT_TINT: Readonly<Record<BusUnit['state'], string>> = {
  unasked: 'badge-info',
  answering: 'badge-success',
  failing: 'badge-warning',
  held: 'badge-error',
  unreached: 'badge-error',
}
/** One row on a desk; on a phone the cells stand below each other, each with its name. */
const ROW =
  'grid grid-cols-2 gap-x-4 gap-y-1 md:gap-x-3 md:grid-cols-[minmax(0,1fr)_8.5rem_8rem_3.5rem_7rem_7rem] md:items-center'

/** One connection: how it stands, and its units, the worst first. */
export function BusPanel({ bus, onTry }: { bus: Bus; onTry: (unitId: number) => void }) {
  const { words } = useApp()
  const { number } = words.format
  const percent = (share: number) => `${number(Math.round(share * 100))} %`
  const isNoisy = (bus.errorRate ?? 0) > NOISY
  return (
    <li class="panel min-w-0 p-4" data-bus={bus.id} data-road={bus.road.is}>
      <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 class="font-semibold break-words">{bus.id}</h2>
        <span class={`badge badge-soft ${ROAD_TINT[bus.road.is]}`}>{words.say(`web.bus.road.${bus.road.is}`)}</span>
        <span class="quiet text-sm break-all">
          {words.sayCode('busProtocol', bus.protocol)} · {bus.endpoint}
        </span>
      </div>
      <p class="quiet mt-1 flex flex-wrap gap-x-4 text-sm">
        {bus.road.since !== null && (
          <span>
            {words.say('web.since')} <Moment at={bus.road.since} />
          </span>
        )}
        <span>{words.say('web.bus.busy', { share: percent(bus.busyShare) })}</span>
        {bus.errorRate !== null && (
          <span class={isNoisy ? 'text-error font-medium' : ''}>
            {words.say('web.bus.errors', { share: percent(bus.errorRate) })}
          </span>
        )}
        {bus.counts.strayBytes > 0 && <span>{words.say('web.bus.stray', { n: number(bus.counts.strayBytes) })}</span>}
      </p>
      {bus.findings.map((finding) => (
        <FindingSteps key={finding} finding={finding} detail={bus.road.trouble} />
      ))}
      <div class={`${ROW} quiet mt-3 hidden px-2 text-xs md:grid`} aria-hidden="true">
        {(['unit', 'state', 'latency', 'wrong', 'cycle', 'share'] as const).map((column) => (
          <span key={column}>{words.say(`web.bus.column.${column}`)}</span>
        ))}
      </div>
      <ul class="border-base-300 mt-2 divide-y divide-[var(--color-base-300)] border-t md:mt-1">
        {unitsWorstFirst(bus.units).map((unit) => (
          <UnitRow key={unit.unitId} unit={unit} onTry={() => onTry(unit.unitId)} />
        ))}
      </ul>
    </li>
  )
}

function UnitRow({ unit, onTry }: { unit: BusUnit; onTry: () => void }) {
  const { words } = useApp()
  const { number } = words.format
  const errors = errorsOf(unit)
  const share = shareOf(unit)
  const latency = unit.figures?.latencyMs
  return (
    <li data-unit={unit.unitId} data-state={unit.state}>
      <details>
        <summary class={`${ROW} touch cursor-pointer py-2 text-sm md:px-2`}>
          <span class="min-w-0 font-medium break-words">
            {unit.unitId} <span class="font-normal">{unit.devices.join(', ')}</span>
          </span>
          <span class="flex flex-wrap items-center justify-end gap-1 md:justify-start">
            <span class={`badge badge-soft badge-sm whitespace-nowrap ${UNIT_TINT[unit.state]}`}>
              {words.say(`web.bus.unit.${unit.state}`)}
            </span>
            {unit.state === 'answering' && unit.findings.length > 0 && (
              <span class="badge badge-soft badge-sm badge-warning">{words.say('web.bus.look')}</span>
            )}
          </span>
          <Cell name={words.say('web.bus.column.latency')}>
            {latency ? `${milliseconds(words, latency.p50, '')} / ${milliseconds(words, latency.p95)}` : '–'}
          </Cell>
          <Cell name={words.say('web.bus.column.wrong')}>
            <span class={errors > NOISY ? 'text-error font-medium' : ''}>{number(Math.round(errors * 100))} %</span>
          </Cell>
          <Cell name={words.say('web.bus.column.cycle')}>{cycleText(words, unit)}</Cell>
          <Cell name={words.say('web.bus.column.share')}>
            <span class="inline-flex items-center gap-2">
              <progress class="progress hidden w-12 md:inline-block" max={1} value={share} aria-hidden="true" />
              {number(Math.round(share * 100))} %
            </span>
          </Cell>
        </summary>
        <UnitDetails unit={unit} onTry={onTry} />
      </details>
    </li>
  )
}

function Cell({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <span class="flex justify-between gap-2 text-xs whitespace-nowrap md:block md:text-sm">
      <span class="quiet md:sr-only">{name}</span>
      <span>{children}</span>
    </span>
  )
}

function UnitDetails({ unit, onTry }: { unit: BusUnit; onTry: () => void }) {
  const { words } = useApp()
  const { number } = words.format
  const { figures } = unit
  return (
    <div class="grid gap-3 pb-3 md:px-2">
      {unit.findings.map((finding) => (
        <FindingSteps key={finding} finding={finding} />
      ))}
      <Facts
        facts={[
          [words.say('web.bus.heard'), unit.lastHeardAt && <Moment at={unit.lastHeardAt} />],
          [words.say('web.bus.failing'), unit.failingSince && <Moment at={unit.failingSince} />],
          [words.say('web.bus.probe'), unit.nextProbeAt && <Moment at={unit.nextProbeAt} />],
          [words.say('web.bus.of_last'), figures && number(figures.exchanges)],
          [words.say('web.bus.timeouts'), figures?.timeouts ? number(figures.timeouts) : null],
          [words.say('web.bus.garbled'), figures?.garbled ? number(figures.garbled) : null],
          [words.say('web.bus.foreign'), figures?.foreign ? number(figures.foreign) : null],
          ...Object.entries(figures?.exceptions ?? {}).map(
            ([code, count]) => [words.say('web.bus.exception', { code: hex(Number(code), 2) }), number(count)] as const,
          ),
          [words.say('web.bus.skipped'), unit.skippedCycles ? number(unit.skippedCycles) : null],
        ]}
      />
      {unit.refused.length > 0 && (
        <div>
          <h3 class="text-sm font-medium">{words.say('web.bus.refused')}</h3>
          <ul class="text-sm">
            {unit.refused.map(({ device, point, table, address, exception }) => (
              <li key={`${device}.${point}`} class="break-words">
                {device} · {point}: {words.sayCode('busTable', table)} {address} ({hex(address, 4)}),{' '}
                {words.say('web.bus.exception', { code: hex(exception, 2) })}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div>
        <button type="button" class="btn btn-sm touch" onClick={onTry}>
          {words.say('web.bus.try')}
        </button>
      </div>
    </div>
  )
}

/** The period that is kept worst. */
function cycleText(words: Words, { cycles }: BusUnit): string {
  const known = cycles.flatMap(({ askedMs, reachedMs }) => (reachedMs === null ? [] : [{ askedMs, reachedMs }]))
  const [worst] = known.toSorted((a, b) => b.reachedMs / b.askedMs - a.reachedMs / a.askedMs)
  if (!worst) return '–'
  return `${seconds(words, worst.askedMs)} → ${seconds(words, worst.reachedMs)}`
}

function seconds(words: Words, ms: number): string {
  return `${words.format.number(Math.round(ms / 100) / 10)} s`
}

export function milliseconds(words: Words, ms: number, unit = ' ms'): string {
  return words.format.number(ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)) + unit
}

/** 0x000A, as manuals write it. */
export function hex(value: number, digits: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`
}
