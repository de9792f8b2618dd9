import { type AlarmDefinition, CONDITION_KEYS, MOVING_NORMAL } from './alarm-definition.ts'
import { closest } from './closest.ts'
import type { Path, WrittenDocument } from './document.ts'
import { parseDuration } from './duration.ts'
import { compileCondition, type VariableType } from './expression.ts'
import type { ConfigFault, FaultCode, Params } from './fault.ts'
import { LONGEST_WINDOW_MS, SHORTEST_WINDOW_MS } from './window-function.ts'

type Variables = ReadonlyMap<string, VariableType>
/** What a definition may speak of. `others`: the variables of the devices of the same asset; a profile knows none. */
export type Vocabulary = Readonly<{ variables: Variables; others?: ReadonlyMap<string, Variables> }>
type Blame = (key: Path, code: FaultCode, params?: Params, offset?: number) => void

/** What a schema cannot say of alarm definitions: references, types, expressions, one way to state the condition. */
export function alarmFaults(
  alarms: readonly AlarmDefinition[],
  vocabulary: Vocabulary,
  document: Pick<WrittenDocument<unknown>, 'faultAt'>,
  path: Path,
): ConfigFault[] {
  const faults: ConfigFault[] = []
  const seen = new Set<string>()
  alarms.forEach((alarm, i) => {
    const blame: Blame = (key, code, params = {}, offset) =>
      faults.push(document.faultAt([...path, i, ...key], code, params, offset))
    if (seen.has(alarm.id)) blame(['id'], 'duplicate_id', { id: alarm.id })
    seen.add(alarm.id)
    shapeFaults(alarm, blame)
    levelFaults(alarm, blame)
    pointFaults(alarm, vocabulary.variables, blame)
    pairFaults(alarm, vocabulary, blame)
    timeFaults(alarm, blame)
    expressionFaults(alarm, vocabulary.variables, blame)
  })
  return faults
}

/** A definition says one thing. */
function shapeFaults(alarm: AlarmDefinition, blame: Blame): void {
  const said = CONDITION_KEYS.filter((key) => alarm[key] !== undefined)
  if (said.length !== 1) {
    const detail =
      said.length === 0
        ? `give limits (with point), when, or one of ${CONDITION_KEYS.slice(2).join(', ')}`
        : `give only one of ${said.join(', ')}`
    blame([], 'wrong_value', { key: alarm.id, detail })
  }
  for (const key of ['window', 'schedule', 'deadband'] as const)
    if (alarm[key] !== undefined && !alarm.limits && said.length === 1)
      blame([key], 'wrong_value', { key, detail: 'only limits have it' })
  if (alarm.until !== undefined && alarm.when === undefined)
    blame(['until'], 'wrong_value', { key: 'until', detail: 'only when has it; limits have a deadband' })
  if (alarm.pulse && alarm.until === undefined)
    blame(['pulse'], 'wrong_value', { key: 'pulse', detail: 'what ends it stands under until' })
  const isOfDevice = said[0] === 'when' || said[0] === 'lost'
  if (said.length === 1 && !isOfDevice && alarm.point === undefined) blame([], 'missing_key', { key: 'point' })
  if (alarm.lost && alarm.point !== undefined)
    blame(['point'], 'wrong_value', { key: 'point', detail: 'lost is about the whole device' })
  alarm.schedule?.forEach((span, i) => {
    if (!span.limits === !span.off)
      blame(['schedule', i], 'wrong_value', { key: 'schedule', detail: 'give either limits or off: true' })
    if (span.from === span.to)
      blame(['schedule', i, 'to'], 'wrong_value', { key: 'to', detail: 'a whole day is 00:00 to 24:00' })
  })
}

/** Which points a condition can be about. */
const TYPES_OF: Partial<Record<(typeof CONDITION_KEYS)[number], VariableType>> = {
  limits: 'double',
  persists: 'double',
  rate: 'double',
  moving_normal: 'double',
  duty: 'bool',
}
const CALLED: Readonly<Record<VariableType, string>> = { double: 'numeric point', bool: 'switch', string: 'text' }

function pointFaults(alarm: AlarmDefinition, variables: Variables, blame: Blame): void {
  if (alarm.point === undefined) return
  const key = CONDITION_KEYS.find((each) => alarm[each] !== undefined)
  const type = key && TYPES_OF[key]
  const known = variables.get(alarm.point)
  if (known !== undefined && (!type || known === type)) return
  const hint = closest(
    alarm.point,
    [...variables].filter(([, each]) => !type || each === type).map(([name]) => name),
  )
  const params = { kind: type ? CALLED[type] : 'point', id: alarm.point, ...(hint ? { hint } : {}) }
  blame(['point'], 'unknown_reference', params)
}

/** Each level says one thing, and what ends it must not be what raises it. */
function levelFaults({ persists }: AlarmDefinition, blame: Blame): void {
  if (!persists) return
  const { raise, clear = [] } = persists
  const wrong = (path: Path, key: string, detail: string) =>
    blame(['persists', ...path], 'wrong_value', { key, detail })
  raise.forEach(({ hi, lo }, i) => {
    if ((hi === undefined) === (lo === undefined)) wrong(['raise', i], 'raise', 'give either hi or lo')
  })
  const [his, los] = [raise.flatMap(({ hi }) => hi ?? []), raise.flatMap(({ lo }) => lo ?? [])]
  if (his.length > 0 && los.length > 0)
    wrong(['raise'], 'raise', 'all hi or all lo; too high and too low are two alarms')
  clear.forEach((level, i) => {
    const said = (['below', 'above', 'fall', 'rise'] as const).filter((key) => level[key] !== undefined)
    const [key] = said
    if (said.length !== 1) return wrong(['clear', i], 'clear', 'give one of below, above, fall, rise')
    if ((key === 'fall' || key === 'rise') && (level.readings !== undefined || level.for !== undefined))
      wrong(['clear', i], key, 'it is from one reading to the next: without readings and for')
    if (los.length === 0 && (key === 'above' || key === 'rise'))
      wrong(['clear', i], key, 'hi is ended by below or fall')
    if (his.length === 0 && (key === 'below' || key === 'fall'))
      wrong(['clear', i], key, 'lo is ended by above or rise')
    if (level.below !== undefined && level.below > Math.min(...his))
      wrong(['clear', i, 'below'], 'below', `one reading would raise it and end it: at most ${Math.min(...his)}`)
    if (level.above !== undefined && level.above < Math.max(...los))
      wrong(['clear', i, 'above'], 'above', `one reading would raise it and end it: at least ${Math.max(...los)}`)
  })
}

function pairFaults(alarm: AlarmDefinition, { variables, others }: Vocabulary, blame: Blame): void {
  if (!alarm.disagrees) return
  const { with: id, of, by } = alarm.disagrees
  if (of !== undefined && !others) {
    const detail = 'a profile knows no other device; say it in the site file'
    return blame(['disagrees', 'of'], 'wrong_value', { key: 'of', detail })
  }
  const known = of === undefined ? variables : others?.get(of)
  if (!known) {
    const hint = closest(of!, others!.keys())
    const params = { kind: 'device of this asset', id: of!, ...(hint ? { hint } : {}) }
    return blame(['disagrees', 'of'], 'unknown_reference', params)
  }
  const type = known.get(id)
  const mine = variables.get(alarm.point ?? '')
  if (type === undefined) {
    const hint = closest(id, known.keys())
    return blame(['disagrees', 'with'], 'unknown_reference', { kind: 'point', id, ...(hint ? { hint } : {}) })
  }
  if (mine !== undefined && type !== mine)
    blame(['disagrees', 'with'], 'wrong_value', { key: 'with', detail: `${id} is of another type` })
  else if (type === 'double' && by === undefined) blame(['disagrees'], 'missing_key', { key: 'by' })
  if (of === undefined && id === alarm.point)
    blame(['disagrees', 'with'], 'wrong_value', { key: 'with', detail: 'a point agrees with itself' })
}

/** A window has a length that can be kept. */
function timeFaults(alarm: AlarmDefinition, blame: Blame): void {
  const { short = MOVING_NORMAL.short, normal = MOVING_NORMAL.normal } = alarm.moving_normal ?? {}
  const windows: [path: Path, text: string | undefined][] = [
    ...(['window', 'rate', 'changes', 'duty'] as const).map((key): [Path, string | undefined] => [
      [key, 'over'],
      alarm[key]?.over,
    ]),
    [['moving_normal', 'short'], short],
    [['moving_normal', 'normal'], normal],
  ]
  for (const [path, text] of windows) {
    const ms = text === undefined ? null : parseDuration(text)
    if (ms !== null && (ms < SHORTEST_WINDOW_MS || ms > LONGEST_WINDOW_MS))
      blame(path, 'wrong_value', { key: String(path.at(-1)), detail: 'a window is 1s to 31d long' })
  }
  if (alarm.moving_normal && (parseDuration(normal) ?? 0) < 4 * (parseDuration(short) ?? 0))
    blame(['moving_normal'], 'wrong_value', { key: 'normal', detail: 'at least four times as long as short' })
}

function expressionFaults(alarm: AlarmDefinition, variables: Variables, blame: Blame): void {
  const texts: [path: Path, text: string | undefined][] = [
    [['when'], alarm.when],
    [['until'], alarm.until],
    [['enabled_when'], alarm.enabled_when],
    [['verify', 'shown'], alarm.verify?.shown],
    [['stuck', 'driver'], alarm.stuck?.driver],
    [['lost', 'while'], alarm.lost?.while],
    [['lost', 'or'], alarm.lost?.or],
  ]
  for (const [path, text] of texts) {
    if (text === undefined) continue
    const compiled = compileCondition(text, variables)
    if ('fault' in compiled) blame(path, compiled.fault.code, compiled.fault.params, compiled.fault.offset)
    else if (path[1] === 'while' && compiled.condition.inputs.some(({ window }) => window))
      blame(path, 'wrong_value', { key: 'while', detail: 'only newest values, no windows' })
  }
}
