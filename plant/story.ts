import type { Clock, Random } from '#devices/clock.ts'
import type { Plant } from './plant.ts'
import { POWER_DIP } from './simulated-device.ts'

/** `afterMs` counts site time from the start of the story. */
export type StoryStep = Readonly<{ afterMs: number; device: string; fault: string }>

/** What the demonstration shows: no water in a zone, a full bin, somebody trapped, a stopped lift, a plant room in the dark. */
export const DEMO_STORY: readonly StoryStep[] = [
  { afterMs: 8_000, device: 'PR1-H', fault: 'pump_trip' },
  { afterMs: 90_000, device: 'K4-kitchen', fault: 'overflow' },
  { afterMs: 150_000, device: 'B3-L2', fault: 'entrapment' },
  { afterMs: 300_000, device: 'B5-L1', fault: 'stopped' },
  { afterMs: 420_000, device: 'PR2-L', fault: POWER_DIP },
]

/** Faults that disturb nobody's evening, so that the page stays alive after the script has ended. */
export const SMALL_FAULTS: readonly string[] = ['one_pump_failed', 'stopped', 'overflow', POWER_DIP]
const SMALL_FAULT_EVERY_MS = 4 * 60_000

/** Resolves when the signal aborts. A step that the site has no device for is logged and left out. */
export async function playStory(parts: {
  plant: Plant
  devices: readonly string[]
  clock: Clock
  random: Random
  signal: AbortSignal
  log: (line: string) => void
  steps?: readonly StoryStep[]
  smallFaultEveryMs?: number
}): Promise<void> {
  const { plant, clock, random, signal, log, steps = DEMO_STORY, smallFaultEveryMs = SMALL_FAULT_EVERY_MS } = parts
  const start = clock.now()
  const provoke = (fault: string, device: string) => {
    try {
      plant.provoke(fault, device)
      log(`story: ${fault} at ${device}`)
    } catch (error) {
      log(`story: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  try {
    for (const { afterMs, device, fault } of steps.toSorted((a, b) => a.afterMs - b.afterMs)) {
      await clock.sleep(Math.max(0, start + afterMs - clock.now()), signal)
      provoke(fault, device)
    }
    while (!signal.aborted) {
      await clock.sleep(smallFaultEveryMs * (0.6 + 0.8 * random.next()), signal)
      const chosen = drawn(smallFaults(plant, parts.devices), random)
      if (chosen) provoke(chosen.fault, chosen.device)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Of each small fault one healthy device that can have it, so that forty bins do not crowd out four pump sets. */
function smallFaults(plant: Plant, devices: readonly string[]): { fault: string; devices: readonly string[] }[] {
  const healthy = devices.filter((device) => plant.look(device).fault === null)
  return SMALL_FAULTS.map((fault) => ({
    fault,
    devices: healthy.filter((device) => plant.look(device).faults.includes(fault)),
  })).filter((each) => each.devices.length > 0)
}

function drawn(
  candidates: readonly { fault: string; devices: readonly string[] }[],
  random: Random,
): { fault: string; device: string } | null {
  const candidate = candidates[Math.floor(random.next() * candidates.length)]
  const device = candidate?.devices[Math.floor(random.next() * candidate.devices.length)]
  return candidate && device !== undefined ? { fault: candidate.fault, device } : null
}
