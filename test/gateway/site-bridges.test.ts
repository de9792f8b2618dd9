import { readFileSync } from 'node:fs'
import t from 'tap'
import { runExamples } from '#devices/example.ts'
import { readProfile } from '#devices/profile.ts'
import { loadSite } from '#gateway/site/load.ts'
import { uplinkCodecOf } from '#gateway/site/uplink-codec.ts'
import { sayConfigFault } from '#gateway/texts.ts'

const CODEC = 'function decodeUplink(input) { return { data: { t: input.bytes[0] } } }'
const WITH_CODEC = `profile: vendor
name: Vendor
kind: gauge
lorawan: { codec: vendor.js }
offline_after: 1h
communication: { class: P8a, priority: low, skill: electric }
points: { temperature: { lorawan: { path: t } } }
examples:
  - { lorawan: { port: 1, hex: '15' }, expect: { temperature: 21 } }
`
const site = (devices: string, bridges = '') => `site: { id: s, name: S, timezone: Asia/Shanghai }
mqtt: { listen: '127.0.0.1:1883', bridges: [{ id: ns, network: ttn-v3 }, { id: z2m, network: zigbee2mqtt }${bridges}] }
assets: [{ id: A, kind: bin }]
devices:
  - { id: d1, asset: A, profile: vendor, bridge: ns, dev_eui: 24E124713B123456 }
${devices}
`

t.test('bridges and what hangs on them: faults have their place, and take nothing else with them', async (t) => {
  const table: [device: string, said: RegExp][] = [
    ['profile: vendor, bridge: ns', /6:5 the key "dev_eui" is missing/],
    ['profile: vendor, dev_eui: 24e124713b123457', /the key "bridge" is missing/],
    ['profile: vendor, bridge: nss, dev_eui: 24e124713b123457', /no bridge "nss" \(did you mean "ns"\?\)/],
    ['profile: vendor, bridge: z2m, dev_eui: 24e124713b123457', /z2m is no LoRaWAN network server/],
    ['profile: vendor, bridge: ns, dev_eui: 24e124713b123456', /d1 has it already/],
    ['profile: vendor, bridge: ns, dev_eui: 24e1', /"dev_eui"/],
    ['profile: bin-fill-sensor, bridge: ns', /ns is a LoRaWAN network server/],
    ['profile: bin-fill-sensor, bridge: z2m, parameters: { height: 3 }', /unknown key "height"/],
    [
      'profile: teneo-filling-degree-sensor, bridge: ns, dev_eui: 24e124713b123457, parameters: { bin_height: 3 }',
      /300/,
    ],
  ]
  for (const [device, said] of table) {
    const cwd = t.testdir({
      'site.yaml': site(`  - { id: d2, asset: A, ${device} }`),
      profiles: { 'vendor.yaml': WITH_CODEC, 'vendor.js': CODEC },
    })
    const { site: loaded, faults } = loadSite('site.yaml', { env: {}, cwd })
    const spoken = faults.map((fault) => sayConfigFault('en', fault))
    t.ok(spoken.length === 1 && said.test(spoken[0]!), `${device}: ${spoken.join('; ')}`)
    t.match(loaded?.devices, [{ id: 'd1', devEui: '24e124713b123456', bridge: 'ns', codec: CODEC }])
  }
  const cwd = t.testdir({
    'site.yaml': site('', ', { id: lost, network: nowhere }, { id: d1, network: plain }'),
    profiles: { 'vendor.yaml': WITH_CODEC },
  })
  const { site: loaded, faults } = loadSite('site.yaml', { env: {}, cwd })
  t.same(faults.map(({ code }) => code).toSorted(), ['duplicate_id', 'file_missing', 'not_allowed_value'])
  t.same(
    loaded?.mqtt?.bridges.map(({ id }) => id),
    ['ns', 'z2m'],
  )
})

t.test('examples of a profile with a codec run in the sandbox', async (t) => {
  const { profile, faults } = readProfile(WITH_CODEC, 'vendor.yaml')
  t.same(faults, [])
  t.same(runExamples(profile!), [], 'without it they are left out')
  const opened = await uplinkCodecOf(CODEC)
  t.match(runExamples(profile!, 'codec' in opened ? opened.codec : undefined), [{ actual: 21, holds: true }])
  t.match(await uplinkCodecOf('var x'), { error: /not_a_codec/ })
})

t.test('what contradicts itself in a payload is said with its place', async (t) => {
  const file = 'devices/profiles/bin/milesight-em310-udl.yaml'
  const text = readFileSync(file, 'utf8')
  const table: [from: string | RegExp, to: string, said: RegExp][] = [
    ['path: battery', 'path: batery', /there is no field "batery" \(did you mean "battery"\?\)/],
    ['of: distance', 'of: distanze', /there is no point "distanze"/],
    ['[bin_height, dead_zone]', '[bin_height, bin_height]', /two different values/],
    ['[bin_height, dead_zone]', '[bin_hight, dead_zone]', /there is no parameter "bin_hight"/],
    ["'0175': { length: 1", "'01': { length: 1", /all heads have one length/],
    [/length: 2, fields: \{ distance/, 'length: 1, fields: { distance', /reaches beyond the 1 bytes/],
    ['radio: rssi', 'radio: rssi, path: battery', /give either path or radio/],
    ['default: 1200', 'default: 12', /outside its range/],
  ]
  for (const [from, to, said] of table) {
    const { profile, faults } = readProfile(text.replace(from, to), file)
    t.equal(profile, undefined, to)
    t.match(faults.map((fault) => sayConfigFault('en', fault)).join('; '), said)
  }
})
