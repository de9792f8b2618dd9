import { type Profile, readProfile } from '#devices/profile.ts'

/** So many scaled registers in a row, read at once. */
export function benchProfileText(points: number, every: string): string {
  return [
    'profile: bench',
    'name: Bench',
    'kind: bench',
    `modbus: { every: ${every} }`,
    'offline_after: 10s',
    'communication: { class: P8a, priority: low, skill: none }',
    'points:',
    ...Array.from({ length: points }, (_, i) => `  p${i}: { modbus: { address: ${i}, scale: 0.1 } }`),
    'examples: [{ expect: {} }]',
  ].join('\n')
}

export function benchProfile(points: number, every: string): Profile {
  const { profile, faults } = readProfile(benchProfileText(points, every), 'bench.yaml')
  if (!profile) throw new Error(JSON.stringify(faults))
  return profile
}
