import t, { type Test } from 'tap'
import { loadSite } from '#gateway/site/load.ts'
import { differenceOf, needsRestart } from '#gateway/site/difference.ts'
import { sayConfigFault } from '#gateway/texts.ts'

const SECRET = 'a-long-enough-secret'

function load(test: Test, lines: readonly string[], { profile = 'bin-fill-sensor', more = '', own = false } = {}) {
  const cwd = test.testdir({
    'site.yaml': [
      'site: { id: s, name: S, timezone: Asia/Shanghai }',
      ...(own
        ? [
            "mqtt: { listen: '127.0.0.1:1883', bridges: [{ id: z2m, network: zigbee2mqtt }], readers: [{ id: hub }, { id: Q }, { id: hub }] }",
          ]
        : []),
      ...lines,
      'assets: [{ id: A, kind: bin }]',
      'devices:',
      `  - { id: Q, asset: A, profile: ${profile}, bridge: central${more} }`,
    ].join('\n'),
    'ca.pem': '',
    'password.txt': `${SECRET}\n`,
  })
  const { site, faults } = loadSite('site.yaml', { env: {}, cwd })
  return {
    site,
    said: faults.map((fault) => sayConfigFault('en', fault)),
    chinese: faults.map((fault) => sayConfigFault('zh-CN', fault)),
  }
}

const broker = (keys: string) => ['mqtt_brokers:', `  - { id: central, ${keys} }`]

void t.test('brokers of others: with what is not said filled in, secrets by reference', async (t) => {
  const { site, said } = load(t, [
    ...broker(
      "url: 'mqtts://broker.example.com', protocol: 5, username: u, secret: '${file:password.txt}', tls: { ca: ca.pem }, share: g, networks: [chirpstack-v4, plain]",
    ),
    'outward: { to: [central], topic: estate, home_assistant: hass }',
  ])
  t.same(said, [])
  t.match(site!.brokers, [
    {
      id: 'central',
      host: 'broker.example.com',
      port: 8883,
      protocol: '5',
      clientId: 'caretaker-s',
      username: 'u',
      secret: SECRET,
      tls: { caFile: /ca\.pem$/ },
      shareGroup: 'g',
      networks: ['chirpstack-v4', 'plain'],
    },
  ])
  t.same(site!.outward, { root: 'estate', toOwn: false, brokers: ['central'], homeAssistant: 'hass' })
  t.match(site!.devices, [{ id: 'Q', bridge: 'central' }])
  const plain = load(t, broker("url: 'mqtt://[fe80::1]:1884'")).site!
  t.match(plain.brokers, [{ host: 'fe80::1', port: 1884, tls: null, protocol: '3.1.1', networks: ['plain'] }])
  t.equal(plain.outward, null, 'nothing goes out unless it is said')

  const changes = differenceOf(plain, site!)
  t.ok(changes.some(({ kind, id }) => kind === 'broker' && id === 'central'))
  t.ok(changes.some(({ kind }) => kind === 'outward'))
  t.ok(changes.every(needsRestart), 'and each needs a restart')
  t.notMatch(JSON.stringify(changes), new RegExp(SECRET))
})

void t.test('what is wrong with a broker is said with its place, and takes it alone away', async (t) => {
  const url = "url: 'mqtt://h'"
  const table: [keys: string, said: RegExp][] = [
    ["url: 'http://h'", /3:25 "url"/],
    ["url: 'mqtt://u:p@h'", /"url"/],
    [`${url}, protocol: 4`, /"protocol"/],
    [`${url}, tls: { ca: ca.pem }`, /"tls": the url begins with mqtts/],
    ["url: 'mqtts://h', tls: { ca: none.pem }", /none\.pem cannot be read/],
    ["url: 'mqtts://h', tls: { cert: ca.pem }", /the key "key" is missing/],
    [`${url}, secret: '\${file:password.txt}'`, /the key "username" is missing/],
    [`${url}, username: u, secret: '\${file:none}'`, /the secret .* is not there/],
    [`${url}, networks: [tasmota]`, /must be one of/],
    [`${url}, share: a/b`, /"share"/],
  ]
  for (const [keys, wanted] of table) {
    const { site, said, chinese } = load(t, broker(keys))
    t.ok(
      said.some((line) => wanted.test(line)),
      `${keys}: ${said.join('; ')}`,
    )
    t.equal(chinese.length, said.length)
    t.same(site!.brokers, [], 'the rest of the site runs')
    t.same(site!.devices, [], 'but what stands behind it')
  }
})

void t.test('devices behind a broker, and who may read, fit to what is there', async (t) => {
  const url = "url: 'mqtt://h'"
  const sensor = {
    profile: 'milesight-em310-udl',
    more: ', dev_eui: 24e124713b123456, parameters: { bin_height: 1200 }',
  }
  t.match(load(t, broker(url), sensor).said, [/central is no LoRaWAN network server/])
  t.same(load(t, broker(`${url}, networks: [ttn-v3]`), sensor).said, [])
  t.match(load(t, broker(`${url}, networks: [ttn-v3]`)).said, [/central is a LoRaWAN network server/])
  t.match(load(t, []).said, [/there is no bridge "central"/])
  t.match(load(t, [...broker(url), 'outward: { to: [own, centrl] }']).said, [
    /there is no broker "own"/,
    /there is no broker "centrl" \(did you mean "central"\?\)/,
  ])
  const { site, said } = load(t, broker(url), { own: true })
  t.match(said, [/"readers": outward/, /Q/, /hub/], 'a reader has a name of its own')
  t.same(site!.mqtt!.readers, ['hub'])
})
