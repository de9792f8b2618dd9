import { jsonSchemaOf } from './json-schema.ts'
import type { Answers } from './interview.ts'

/** Path below the new folder → text. What is wanted but not there yet stands as a comment, ready to be uncommented. */
export function starterFiles(answers: Answers): Readonly<Record<string, string>> {
  return {
    'site.yaml': siteFile(answers),
    'site.schema.json': jsonSchemaOf('site'),
    'profiles/README.md': PROFILES_README,
    'profiles/profile.schema.json': jsonSchemaOf('profile'),
  }
}

/** JSON strings are YAML strings: whatever a person answered stays text. */
const quoted = (text: string) => JSON.stringify(text)

function siteFile({ id, name, timeZone, buildings, floors, homesPerFloor, pumpHost, mqtt }: Answers): string {
  const ids = Array.from({ length: buildings }, (_, i) => `B${i + 1}`)
  /** Commented out, unless this site has it. */
  const when = (isThere: boolean, lines: readonly string[]) => lines.map((line) => (isThere ? line : `# ${line}`))
  const hasPump = pumpHost !== null
  const hasDevice = hasPump || mqtt
  const lists = (key: string, isThere: boolean) =>
    isThere ? `${key}:` : `${key}: [] # 添加时去掉 [] · drop the [] when you add one`

  return [
    '# yaml-language-server: $schema=./site.schema.json',
    '# 场所文件：改完用 `npx caretaker check site.yaml` 检查。',
    '# The site file: after a change run `npx caretaker check site.yaml`.',
    `site: { id: ${id}, name: { zh-CN: ${quoted(name['zh-CN'])}, en: ${quoted(name.en)} }, timezone: ${quoted(timeZone)} }`,
    '',
    '# 到场扫设备标签；完工前拍照；回访之后才闭单；按型号核实恢复 · Tags are scanned on arrival, photos taken before work is',
    '# finished, orders closed after a call-back, repairs believed once the device has been normal for as long as its model asks.',
    'settings: { orders: { arrival: scan, photos: by_class, closing: by_class, verify: by_profile } }',
    '',
    '# 楼栋；住户编号由此生成：B1-0101 · Buildings; they name the homes: B1-0101.',
    'buildings:',
    ...ids.map(
      (building, i) =>
        `  - { id: ${building}, name: { zh-CN: ${i + 1} 号楼, en: Building ${i + 1} }, floors: ${floors}, homes_per_floor: ${homesPerFloor} }`,
    ),
    '',
    '# 同一设备供应的楼层 · Floors that one asset serves together.',
    'zones:',
    `  - { id: all, name: { zh-CN: 全区, en: All floors }, buildings: [${ids.join(', ')}], floors: [1, ${floors}] }`,
    '',
    '# 会出故障的设备，以及它服务的住户 · What can fail, and the homes that depend on it.',
    lists('assets', hasDevice),
    ...when(hasPump, [
      '  - { id: PR1, name: { zh-CN: 1 号泵房泵组, en: Pump room 1 }, kind: pump-set, room: PR1, serves: { zones: [all] } }',
    ]),
    ...when(mqtt, [
      '  - { id: K1-kitchen, name: { zh-CN: 1 号点厨余桶, en: "Bin point 1, kitchen" }, kind: waste-bin, room: K1, category: kitchen }',
    ]),
    '',
    '# Modbus TCP 连接 · Modbus TCP: where controllers are reached.',
    ...when(hasPump, [
      'connections:',
      `  plc-pr1: { protocol: modbus-tcp, host: ${quoted(pumpHost ?? '192.168.10.21')}, port: 502, timeout: 1s }`,
    ]),
    '',
    '# 内置 MQTT 服务器；设备在别的机器上时，改成本机在设备网里的地址',
    "# The built-in MQTT broker; for devices elsewhere write this machine's address on their network.",
    ...when(mqtt, ["mqtt: { listen: '127.0.0.1:1883' }"]),
    '',
    '# 设备型号在 profile 里 · Devices; what each is stands in its profile.',
    lists('devices', hasDevice),
    ...when(hasPump, ['  - { id: PR1, profile: booster-pump-set, connection: plc-pr1, unit_id: 1 }']),
    ...when(mqtt, ['  - { id: K1-kitchen, profile: bin-fill-sensor } # npx caretaker secret K1-kitchen']),
    '',
    '# 人员：技能、责任区、值班 · Who looks after it: skills, regions, duty.',
    'staff:',
    "  - { id: PM, role: manager, regions: [site], skills: [management], duty: ['00:00-24:00'] }",
    "  - { id: T1, role: technician, regions: [site], skills: [water, electric], duty: ['07:00-19:00'] }",
    "  - { id: T2, role: technician, regions: [site], skills: [water, electric], duty: ['19:00-07:00'] }",
    "  - { id: C1, role: cleaner, regions: [site], skills: [cleaning], duty: ['06:00-20:00'] }",
    "  - { id: S1, role: steward, regions: [site], skills: [notices], duty: ['08:30-20:30'] }",
    '# 无人可派时派给谁 · Who gets an order when nobody fits.',
    'fallback: PM',
    '',
    '# 读数同时写入数据库 · Readings go to a database as well.',
    '# influx:',
    "#   - { type: influx1, url: 'http://127.0.0.1:8086', database: caretaker }",
    '',
  ].join('\n')
}

const PROFILES_README = `# 本场所自己的设备型号 · Device models of this site

每个型号一个 YAML 文件，第一行写上模式，编辑器就能补全。同名时以这里为准。
One YAML file per model; the first line gives your editor its completion. A name that exists already is replaced.

\`\`\`yaml
# yaml-language-server: $schema=./profile.schema.json
profile: tank-level
name: { zh-CN: 水箱液位计, en: Tank level probe }
kind: tank
modbus: { table: holding, every: 2s }
offline_after: 30s
communication: { class: P8a, priority: medium, skill: electric }
points:
  level: { name: { zh-CN: 液位, en: Level }, unit: m, range: [0, 4], modbus: { address: 4, type: int16, scale: 0.01 } }
examples:
  - modbus: { holding: { 4: [312] } }
    expect: { level: 3.12 }
\`\`\`

\`npx caretaker check\` 会运行其中的 examples · It runs the examples.
`
