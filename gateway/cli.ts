import { Command, InvalidArgumentError } from 'commander'
import { Fault } from '#devices/fault.ts'
import { check } from './commands/check.ts'
import { createTokenIn } from './commands/token.ts'
import { runDemo } from './commands/demo.ts'
import { initSite } from './commands/init.ts'
import { printSchema } from './commands/schema.ts'
import { type Edge, EXIT_FAILED, parseAddress, type RunOptions } from './commands/edge.ts'
import { runPlant } from './commands/plant.ts'
import { disturbDemo } from './commands/provoke.ts'
import { runSite } from './commands/run.ts'
import { showSecret } from './commands/secret.ts'
import { verify } from './commands/verify.ts'
import { ROLES } from './role.ts'
import { sayFault } from './texts.ts'
import { VERSION } from './version.ts'

export function programOf(edge: Edge): Command {
  const program = new Command('caretaker')
    .description('Facility monitoring and smart patrol of a residential estate')
    .version(VERSION)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => edge.out(text.trimEnd()), writeErr: (text) => edge.error(text.trimEnd()) })

  const running = (command: Command) =>
    command
      .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
      .option('--http <host:port>', 'where the page and the API listen (or CARETAKER_HTTP)', parseAddress)
      .option('--speed <n>', 'run site time n times faster', parseSpeed, 1)
  const act =
    (work: (...args: never[]) => Promise<number> | number) =>
    async (...args: unknown[]) => {
      try {
        edge.exitCode(await work(...(args as never[])))
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        edge.error(`caretaker: ${sayFault('en', error)}`)
        edge.exitCode(EXIT_FAILED)
      }
    }

  running(program.command('demo').description('run the demonstration estate with a simulated plant')).action(
    act((options: RunOptions) => runDemo(edge, options)),
  )
  running(program.command('run').description('run a site').argument('<site.yaml>')).action(
    act((file: string, options: RunOptions) => runSite(edge, file, options)),
  )
  program
    .command('check')
    .description('check a site file and all its profiles')
    .argument('<site.yaml>')
    .action(act((file: string) => check(edge, file)))
  program
    .command('init')
    .description('make the folder of a new site, with a commented site file')
    .argument('<dir>')
    .option('--yes', 'ask nothing, take the defaults')
    .action(act((folder: string, options: { yes?: boolean }) => initSite(edge, folder, options)))
  program
    .command('schema')
    .description('print the JSON Schema of a file, for the completion of an editor')
    .argument('<site|profile>')
    .action(act((kind: string) => printSchema(edge, kind)))
  program
    .command('plant')
    .description('run a simulated plant for a site on the ports that its file names')
    .argument('<site.yaml>')
    .option('--data <dir>', "the gateway's data folder, for the MQTT secrets (or CARETAKER_DATA)")
    .option('--speed <n>', 'run site time n times faster', parseSpeed, 1)
    .option('--replay <file.csv>', 'play a recording as the values of a device')
    .option('--device <id>', 'the device that plays the recording')
    .option('--column <point=column...>', 'which column is which point')
    .action(act((file: string, options: Parameters<typeof runPlant>[2]) => runPlant(edge, file, options)))
  program
    .command('provoke')
    .description('make a device of the running demonstration fail')
    .argument('<fault>', 'for example pump_trip; an unknown name is answered with the known ones')
    .argument('<device>')
    .option('--data <dir>', 'data folder of the demonstration (or CARETAKER_DATA)')
    .action(
      act((fault: string, device: string, options: { data?: string }) => disturbDemo(edge, device, fault, options)),
    )
  program
    .command('heal')
    .description('make a device of the running demonstration healthy again')
    .argument('<device>')
    .option('--data <dir>', 'data folder of the demonstration (or CARETAKER_DATA)')
    .action(act((device: string, options: { data?: string }) => disturbDemo(edge, device, null, options)))
  program
    .command('token')
    .description('machine tokens')
    .command('create')
    .requiredOption('--role <role>', ROLES.join(', '))
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .action(act((options: { role: string; data?: string }) => createTokenIn(edge, options)))
  program
    .command('secret')
    .description('the MQTT secret of a device')
    .argument('<device>')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .action(act((device: string, options: { data?: string }) => showSecret(edge, device, options)))
  program
    .command('verify')
    .description('read both logs from end to end and check the hash chain')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .action(act((options: { data?: string }) => verify(edge, options)))
  return program
}

function parseSpeed(text: string): number {
  const speed = Number(text)
  if (!(speed > 0 && speed <= 3_600)) throw new InvalidArgumentError('a number above 0, at most 3600')
  return speed
}
