import { readFileSync } from 'node:fs'

/** `writtenBytes` is what was handed to the kernel, `dirtiedBytes` the pages of files that it then had to put to the disk. */
export type Cost = Readonly<{ cpuUs: number; writtenBytes: number; dirtiedBytes: number }>

/** What this process, all its threads, has cost so far. */
export function costSoFar(): Cost {
  const { user, system } = process.cpuUsage()
  const io = readFileSync('/proc/self/io', 'utf8')
  return { cpuUs: user + system, writtenBytes: fieldOf(io, 'wchar'), dirtiedBytes: fieldOf(io, 'write_bytes') }
}

export function costSince(before: Cost): Cost {
  const now = costSoFar()
  return {
    cpuUs: now.cpuUs - before.cpuUs,
    writtenBytes: now.writtenBytes - before.writtenBytes,
    dirtiedBytes: now.dirtiedBytes - before.dirtiedBytes,
  }
}

/** The most memory this process ever had resident, in bytes. */
export function peakMemory(): number {
  return fieldOf(readFileSync('/proc/self/status', 'utf8'), 'VmHWM') * 1_024
}

function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? NaN)
}
