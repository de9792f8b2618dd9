import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadSite } from '#gateway/site/load.ts'

t.test('a connection of the site file: every road with its own keys, defaults filled in', async (t) => {
  const { site, faults } = load(t, [
    'a: { protocol: modbus-tcp, host: plc.local, port: 502 }',
    'b: { protocol: modbus-tcp, host: 10.0.0.2, port: 502, timeout: 2s, window: 4, max_registers: 64 }',
    'c: { protocol: modbus-rtu-over-tcp, host: 10.0.0.3, port: 4001 }',
    'd: { protocol: modbus-rtu, path: /dev/serial/by-id/usb-1, baud: 9600 }',
    'e: { protocol: modbus-rtu, path: /dev/ttyS1, baud: 19200, parity: none, stop_bits: 2, timeout: 500ms, max_registers: 8 }',
  ])
  t.same(faults, [])
  const serial = { protocol: 'modbus-rtu', timeoutMs: 1_000 }
  t.same(site?.connections, [
    { id: 'a', protocol: 'modbus-tcp', host: 'plc.local', port: 502, timeoutMs: 1_000 },
    { id: 'b', protocol: 'modbus-tcp', host: '10.0.0.2', port: 502, timeoutMs: 2_000, maxRegisters: 64, window: 4 },
    { id: 'c', protocol: 'modbus-rtu-over-tcp', host: '10.0.0.3', port: 4001, timeoutMs: 1_000 },
    { id: 'd', ...serial, path: '/dev/serial/by-id/usb-1', baud: 9_600, parity: 'even', stopBits: 1 },
    {
      id: 'e',
      ...serial,
      path: '/dev/ttyS1',
      baud: 19_200,
      parity: 'none',
      stopBits: 2,
      timeoutMs: 500,
      maxRegisters: 8,
    },
  ])
})

t.test('what is wrong with a connection is said with its place, and the others stand', async (t) => {
  const cases: [written: string, code: string, column: number][] = [
    ['x: { protocol: modbus-rtu, path: /dev/ttyS0, baud: 9601 }', 'not_allowed_value', 54],
    ['x: { protocol: modbus-rtu, path: ttyS0, baud: 9600 }', 'wrong_value', 36],
    ['x: { protocol: modbus-rtu, path: /dev/ttyS0 }', 'missing_key', 6],
    ['x: { protocol: modbus-rtu, host: 10.0.0.1, path: /dev/ttyS0, baud: 9600 }', 'unknown_key', 30],
    ['x: { protocol: modbus-rtu-over-tcp, host: h, port: 1, window: 2 }', 'unknown_key', 57],
    ['x: { protocol: modbus-tcp, host: h, port: 1, window: 0 }', 'wrong_value', 56],
    ['x: { protocol: modbus-tcp, host: h, port: 1, max_registers: 126 }', 'wrong_value', 63],
    ['x: { protocol: modbus-udp, host: h, port: 1 }', 'wrong_value', 6],
  ]
  for (const [written, code, column] of cases) {
    const { site, faults } = load(t, [written, 'good: { protocol: modbus-tcp, host: h, port: 1 }'])
    t.match(faults, [{ code, line: 4, column }], written)
    t.same(
      site?.connections.map(({ id }) => id),
      ['good'],
      written,
    )
  }
})

t.test('a unit id that no unit of a bus has', async (t) => {
  const roads = [
    'a: { protocol: modbus-rtu, path: /dev/ttyS1, baud: 9600 }',
    'b: { protocol: modbus-tcp, host: h, port: 1 }',
  ]
  for (const [connection, unitId, isWrong] of [
    ['a', 0, true],
    ['a', 248, true],
    ['a', 247, false],
    ['b', 0, false],
    ['b', 255, false],
  ] as const) {
    const device = `{ id: P1, profile: booster-pump-set, connection: ${connection}, unit_id: ${unitId} }`
    const { site, faults } = load(t, roads, [device])
    t.match(faults, isWrong ? [{ code: 'wrong_value', params: { key: 'unit_id' }, line: 7 }] : [])
    t.equal(
      site?.devices.some(({ id }) => id === 'P1'),
      !isWrong,
      `${connection} ${unitId}`,
    )
  }
})

function load(t: Readonly<{ teardown(end: () => void): void }>, connections: string[], devices: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'site-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'site.yaml')
  const lines = [
    'site: { id: x, name: X, timezone: Asia/Shanghai }',
    'assets: [{ id: P1, kind: pump-set }]',
    'connections:',
    ...connections.map((line) => `  ${line}`),
    `devices: ${devices.length === 0 ? '[]' : ''}`,
    ...devices.map((line) => `  - ${line}`),
    'staff: []',
  ]
  writeFileSync(file, lines.join('\n'))
  return loadSite(file, { env: {}, cwd: folder })
}
