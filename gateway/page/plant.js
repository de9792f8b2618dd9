import { element, write } from './element.js'

/** What a tile shows of a device of this kind; other kinds show their first two values. */
const MAIN_POINTS = {
  'pump-set': ['outlet_pressure', 'tank_level'],
  lift: ['service_mode', 'floor'],
  'waste-bin': ['fill'],
}
/** Polling and drawing take their time: a value is not called old before this. */
const OLD_AFTER_MS = 120_000
const GRAVEST_FIRST = ['critical', 'high', 'medium', 'low']

/** Tiles of the plant: devices by building or room, coloured by their open alarms, with live values. */
export function plantView(root, empty, words) {
  /** `device/point` → the newest value; it outlives the tiles, which are made again with every language and list. */
  const newest = new Map()
  let cells = new Map()
  let devices = []
  let groups = []
  let alarms = []

  function show(site, list) {
    devices = list
    for (const device of devices) for (const point of device.points) note({ device: device.id, ...point })
    groups = groupsOf(site, devices)
    draw()
  }

  function note(reading) {
    const key = `${reading.device}/${reading.point}`
    const last = newest.get(key)
    if (!last || !last.at || (reading.at && reading.at >= last.at)) newest.set(key, reading)
  }

  function draw() {
    cells = new Map()
    empty.hidden = devices.length > 0
    const rank = (group) => Math.min(...group.devices.map(({ id }) => worstOf(id)))
    const sorted = groups.toSorted((a, b) => rank(a) - rank(b) || a.place - b.place)
    root.replaceChildren(...sorted.map((group) => tile(group)))
  }

  function worstOf(device) {
    return Math.min(
      GRAVEST_FIRST.length,
      ...alarms.filter((alarm) => alarm.device === device).map(({ priority }) => GRAVEST_FIRST.indexOf(priority)),
    )
  }

  function tile(group) {
    const rows = group.devices.map((device) => {
      const worst = worstOf(device.id)
      const named = alarms.find(
        (alarm) => alarm.device === device.id && GRAVEST_FIRST.indexOf(alarm.priority) === worst,
      )
      const state = named ? words.of(named.name) : words.say('page.plant.ok')
      return element(
        `li.device.${GRAVEST_FIRST[worst] ?? 'ok'}`,
        element('span.state-dot'),
        element(
          'div.device-text',
          element('span.device-name', words.of(device.name)),
          element(named ? 'span.device-state' : 'span.unseen', state),
        ),
        element(
          'span.values',
          mainPoints(device).map((point) => cell(device, point)),
        ),
      )
    })
    return element('section.tile', element('h3', words.of(group.name)), element('ul', rows))
  }

  function cell(device, { point, name, unit }) {
    const made = element('span.value')
    made.title = words.of(name)
    made.setAttribute('aria-label', words.of(name))
    made.setAttribute('role', 'group')
    cells.set(`${device.id}/${point}`, { made, unit, name, validityMs: device.validityMs })
    fill(`${device.id}/${point}`)
    return made
  }

  /** A value that is not good never stands there as if it were: crossed, with the reason. */
  function fill(key) {
    const target = cells.get(key)
    const reading = newest.get(key)
    if (!target || !reading) return
    const { made } = target
    const isGood = reading.quality === 'good'
    made.className = `value ${reading.quality ?? 'waiting'}`
    if (!reading.quality) return write(made, words.say('page.plant.waiting'))
    if (isGood) return write(made, figure(reading.value, target))
    const why = reading.reason
      ? words.sayOr(`page.reason.${reading.reason}`, reading.reason)
      : words.say(`page.quality.${reading.quality}`)
    const old = reading.value === null ? '–' : figure(reading.value, target)
    if (made.textContent !== `${old} ${why}`)
      made.replaceChildren(element(reading.quality === 'bad' ? 's' : 'span', old), ' ', element('span.why', why))
  }

  /** A number without a unit needs its name. */
  function figure(value, { unit, name }) {
    if (typeof value === 'number')
      return unit ? `${words.number(value)} ${unit}` : `${words.of(name)} ${words.number(value)}`
    return words.sayOr(`page.value.${value}`, String(value))
  }

  return {
    show,
    draw,
    alarmed(open) {
      const before = JSON.stringify(alarms.map(({ id, name }) => [id, name]))
      alarms = open
      if (JSON.stringify(open.map(({ id, name }) => [id, name])) !== before) draw()
    },
    take(readings) {
      for (const reading of readings) {
        note(reading)
        fill(`${reading.device}/${reading.point}`)
      }
    },
    /** What has not been heard of for long turns grey, with its age. */
    age(now) {
      for (const [key, { made, validityMs }] of cells) {
        const reading = newest.get(key)
        const ageMs = reading?.at ? now - new Date(reading.at).getTime() : 0
        const isOld = ageMs > Math.max(validityMs, OLD_AFTER_MS) && reading.quality === 'good'
        made.classList.toggle('old', isOld)
        if (isOld) made.dataset.age = words.say('page.plant.ageMinutes', { n: Math.floor(ageMs / 60_000) })
        else delete made.dataset.age
      }
    },
  }
}

function mainPoints(device) {
  const wanted = MAIN_POINTS[device.kind]
  if (wanted) return device.points.filter(({ point }) => wanted.includes(point))
  return device.points.slice(0, 2)
}

/** By building where all its homes are in one, else by the room it stands in. */
function groupsOf(site, devices) {
  const assets = new Map(site.assets.map((asset) => [asset.id, asset]))
  const buildings = new Map(site.buildings.map((building) => [building.id, building.name]))
  const groups = new Map()
  for (const device of devices) {
    const asset = assets.get(device.asset)
    const id = asset?.building ?? asset?.room ?? device.asset
    if (!groups.has(id))
      groups.set(id, { place: groups.size, name: buildings.get(id) ?? { 'zh-CN': id, en: id }, devices: [] })
    groups.get(id).devices.push(device)
  }
  return [...groups.values()]
}
