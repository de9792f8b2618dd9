import t from 'tap'
import { plantSite } from '#gateway/commands/demo.ts'
import { startPlantProcess } from '#gateway/plant-process.ts'
import { loadSite } from '#gateway/site/load.ts'
import { openEstate } from './estate.ts'

type Plant = { devices: { device: string; faults: string[]; fault: string | null }[] }

t.test('a demonstration says what fails, and lets engineers make it fail', async (t) => {
  const { site } = loadSite('sites/demo/site.yaml', { env: {}, cwd: process.cwd() })
  const plant = await startPlantProcess(
    { site: plantSite(site!), siteStart: Date.UTC(2026, 0, 5, 2), speed: 1, ports: 'free' },
    () => {},
  )
  t.teardown(() => plant.stop())
  const estate = await openEstate({ demo: true, plant: plant.door })
  t.teardown(() => estate.close())
  const look = async () => (await (await estate.as('monitor', '/api/v1/plant')).json()) as Plant
  const faultOf = async (device: string) => (await look()).devices.find((each) => each.device === device)?.fault
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    estate.as('engineer', `/api/v1/plant/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  const calm = await look()
  t.equal(calm.devices.length, 56)
  t.ok(calm.devices.every(({ fault }) => fault === null))
  t.match(calm.devices[0], { device: 'PR1-L', faults: ['pump_trip', 'burst_pipe'] })

  const provoked = await post('faults', { device: 'PR1-H', fault: 'pump_trip' })
  t.equal(provoked.status, 200)
  t.match(await provoked.json(), { device: 'PR1-H', fault: 'pump_trip' })
  t.equal(await faultOf('PR1-H'), 'pump_trip')
  t.equal((await post('heal', { device: 'PR1-H' })).status, 200)
  t.equal(await faultOf('PR1-H'), null)

  t.equal((await post('faults', { device: 'B4-L1', fault: 'power_dip' })).status, 200)
  t.same([await faultOf('B4-L1'), await faultOf('B4-L2'), await faultOf('B5-L1')], ['power_dip', 'power_dip', null])

  const unknown = await post('faults', { device: 'PR1-H', fault: 'pump_tripp' }, { 'accept-language': 'zh-CN' })
  t.equal(unknown.status, 400)
  t.match(await unknown.json(), {
    code: 'unknown_plant_fault',
    params: { known: 'pump_trip, burst_pipe, one_pump_failed, sensor_absent, silent, power_dip', hint: 'pump_trip' },
    detail: /没有故障“pump_tripp”.*burst_pipe/,
  })
  const nowhere = await post('heal', { device: 'PR9' })
  t.equal(nowhere.status, 400)
  t.match(await nowhere.json(), { code: 'unknown_device', params: { device: 'PR9', known: /B6-L2/ } })
  for (const body of [
    { device: 'PR1-H' },
    { device: 'PR1-H', fault: 1 },
    { device: 'PR1-H', fault: 'silent', by: 'T1' },
  ])
    t.equal((await post('faults', body)).status, 400)
  t.equal(await faultOf('PR1-H'), null, 'a refusal changes nothing')
  t.equal((await estate.as('monitor', '/api/v1/plant/heal', { method: 'POST' })).status, 403)
})

t.test('where the devices are real there is no plant to disturb', async (t) => {
  const estate = await openEstate()
  t.teardown(() => estate.close())
  t.match(await (await estate.as('admin', '/api/v1/plant')).json(), { code: 'not_found', status: 404 })
  for (const path of ['faults', 'heal']) {
    const headers = { 'content-type': 'application/json' }
    const answer = await estate.as('admin', `/api/v1/plant/${path}`, { method: 'POST', headers, body: '{"x":1}' })
    t.equal(answer.status, 404, 'not even a hint at what a right request would be')
  }
})
