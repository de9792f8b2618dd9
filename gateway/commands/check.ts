import { type Edge, EXIT_CONFIGURATION } from './edge.ts'
import { loadSite } from '../site/load.ts'
import { sayConfigFault } from '../texts.ts'

/** Says everything that is wrong with a site file and its profiles, at once. */
export function check(edge: Edge, file: string): number {
  const { site, faults } = loadSite(file, edge)
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  if (faults.length > 0) edge.error(`${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`)
  if (!site || faults.length > 0) return EXIT_CONFIGURATION
  const { devices, plan, disabled } = site
  for (const { device, alarm, reason } of disabled) edge.out(`${device}/${alarm} is disabled: ${reason}`)
  edge.out(
    `${file}: ${devices.length} devices, ${plan.rules.length} rules, ${plan.assets.size} assets, ${plan.staff.length} staff, no faults`,
  )
  return 0
}
