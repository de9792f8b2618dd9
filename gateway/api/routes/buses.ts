import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { Fault } from '#devices/fault.ts'
import type { BusReport, UnitReport } from '#ingest/modbus/bus-report.ts'
import type { ApiContext } from '../context.ts'
import { PERMISSIONS } from '../permissions.ts'
import { timesOf } from '../site-time.ts'
import { NoQuery } from './collection.ts'

/** As the function codes of the protocol name them. */
const TABLES = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' } as const
const FunctionCode = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)])

const ConnectionParams = Type.Object(
  { id: Type.String({ minLength: 1, maxLength: 64 }) },
  { additionalProperties: false },
)
/** One request: what fits into one reply of registers, whatever the table. */
const TestRead = Type.Object(
  {
    unitId: Type.Integer({ minimum: 0, maximum: 255 }),
    function: FunctionCode,
    address: Type.Integer({ minimum: 0, maximum: 65_535 }),
    count: Type.Integer({ minimum: 1, maximum: 125 }),
  },
  { additionalProperties: false },
)

/** The bus doctor, and a read of any register: for whoever stands at the cabinet with an engineer's account. */
export function buses({ site, buses, journal, clock }: ApiContext): FastifyPluginAsyncTypebox {
  const time = timesOf(site.plan.timeZone)
  const config = { access: { roles: PERMISSIONS.commission } }
  const unitView = (unit: UnitReport) => ({
    ...unit,
    failingSince: time(unit.failingSince),
    nextProbeAt: time(unit.nextProbeAt),
    lastHeardAt: time(unit.lastHeardAt),
  })
  const view = (report: BusReport) => ({
    ...report,
    road: { ...report.road, since: time(report.road.since) },
    units: report.units.map(unitView),
  })

  return async (app) => {
    app.get(
      '/api/v1/buses',
      {
        config,
        schema: { summary: 'Modbus connections and their units: state, latency, errors', querystring: NoQuery },
      },
      async () => ({ now: time(clock.now()), items: buses.map((bus) => view(bus.report())), next: null }),
    )
    app.post(
      '/api/v1/buses/:id/read',
      {
        config,
        schema: {
          summary: 'Read registers or bits of any unit once, and see every way to read them',
          params: ConnectionParams,
          querystring: NoQuery,
          body: TestRead,
        },
      },
      async (request) => {
        const { params, body, identity } = request
        const bus = buses.find((known) => known.id === params.id)
        if (!bus) throw new Fault('not_found')
        const { unitId, function: code, address, count } = body
        const table = TABLES[code]
        if (address + count > 65_536) throw new Fault('invalid_request', { detail: 'address + count ≤ 65536' })
        // Somebody asks a device past all schedules: it stands in the journal before it is done.
        await journal({ type: 'bus.tested', account: identity!.id, bus: bus.id, unitId, table, address, count })
        const gone = new AbortController()
        request.raw.socket.once('close', () => gone.abort(new Fault('stopping')))
        return bus.testRead({ unitId, table, address, count }, gone.signal)
      },
    )
  }
}
