#!/usr/bin/env node
// Plain JavaScript that an old Node can read: it only looks for the Node that can run the program, and steps aside.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRuntime, programArguments, programEnvironment } from './runtime.js'
import { stripOnce } from './stripped.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const runtime = findRuntime({
  platform: process.platform,
  arch: process.arch,
  version: process.versions.node,
  execPath: process.execPath,
  resolve: createRequire(import.meta.url).resolve,
})

if (runtime === undefined) {
  console.error(
    `caretaker needs Node 24.12 or newer; this is ${process.versions.node}, and no pinned Node is installed for ` +
      `${process.platform}-${process.arch}. Install with optional dependencies (npm ci), or install Node 24 LTS.`,
  )
  process.exit(1)
}

stripOnce(runtime)
const child = spawn(runtime, [...programArguments(root), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: programEnvironment(process.env),
})
const passOn = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
process.on('SIGTERM', passOn)
process.on('SIGINT', passOn)
// A request to read the configuration again, not an end.
process.on('SIGHUP', passOn)

child.on('error', (error) => {
  console.error(`caretaker could not start ${runtime}: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1)
  // Whoever waits for this process is to see the same end as the program had; a shell's number for it if that fails.
  process.off('SIGTERM', passOn)
  process.off('SIGINT', passOn)
  process.exitCode = 128 + constants.signals[signal]
  process.kill(process.pid, signal)
})
