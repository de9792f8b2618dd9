import { Command, InvalidArgumentError, Option } from 'commander'
import { Fault } from '#devices/fault.ts'
import { check } from './commands/check.ts'
import { backup } from './commands/backup.ts'
import { type ChannelTestOptions, testChannelOf } from './commands/channels.ts'
import { clearTotpIn } from './commands/totp.ts'
import { createTokenIn } from './commands/token.ts'
import { runDemo } from './commands/demo.ts'
import { exportHistory, type ExportOptions, importHistory, type ImportOptions } from './commands/history.ts'
import { eraseContact, type HouseholdOptions, importHouseholds } from './commands/households.ts'
import { initSite } from './commands/init.ts'
import { type ReloadOptions, reloadRunning } from './commands/reload.ts'
import { distrustServer, listServers, renewCertificate, trustServer } from './commands/opcua.ts'
import { printSchema } from './commands/schema.ts'
import { type Edge, EXIT_FAILED, parseAddress, type RunOptions } from './commands/edge.ts'
import { importPeopleFrom, type ImportPeopleOptions } from './commands/people.ts'
import { runPlant } from './commands/plant.ts'
import { disturbDemo } from './commands/provoke.ts'
import { type RuleTestOptions, testRules } from './commands/rules.ts'
import { checkRoster, type RosterCheckOptions } from './commands/roster.ts'
import { runSite } from './commands/run.ts'
import { testProfiles } from './commands/profile.ts'
import { showSecret } from './commands/secret.ts'
import { verify } from './commands/verify.ts'
import type { PlannedWork } from './backtest/report.ts'
import { parseTime } from './api/site-time.ts'
import { EXPORT_FORMATS } from './history-files/export-text.ts'
import { PRECISIONS } from './history-files/numerals.ts'
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
  running(program.command('run').description('run a site').argument('<site.yaml>'))
    .option('--private-key <file>', 'the key of names, phones and photos, when it is not kept in the data folder')
    .action(act((file: string, options: RunOptions) => runSite(edge, file, options)))
  program
    .command('check')
    .description('check a site file with its profiles and rules')
    .argument('<site.yaml>')
    .action(act((file: string) => check(edge, file)))
  program
    .command('reload')
    .description('have the running gateway read its site file, profiles and rules again, all or nothing')
    .option('--data <dir>', 'data folder of the gateway (or CARETAKER_DATA)')
    .option('--dry-run', 'only say what would change')
    .option('--restart', 'start again in place where a change needs it')
    .action(act((options: ReloadOptions) => reloadRunning(edge, options)))
  program
    .command('init')
    .description('make the folder of a new site, with a commented site file')
    .argument('<dir>')
    .option('--yes', 'ask nothing, take the defaults')
    .action(act((folder: string, options: { yes?: boolean }) => initSite(edge, folder, options)))
  program
    .command('schema')
    .description('print the JSON Schema of a file, for the completion of an editor')
    .argument('<site|profile|rules>')
    .action(act((kind: string) => printSchema(edge, kind)))
  program
    .command('profile')
    .description('device profiles')
    .command('test')
    .description('run the examples of profile files and show each point')
    .argument('<file...>')
    .action(act((files: string[]) => testProfiles(edge, files)))
  program
    .command('rules')
    .description('alarm rules')
    .command('test')
    .description('run the tests of a rule file, and with data a backtest: what its rules would have done')
    .argument('<rules.yaml>')
    .option('--site <site.yaml>', 'otherwise site.yaml in the folder of the rules or above it')
    .option('--data <path...>', 'files of line protocol or CSV, or the data folder of a gateway; it may run')
    .addOption(new Option('--format <format>', 'otherwise the name of the file tells it').choices(EXPORT_FORMATS))
    .option('--from <time>', 'ISO 8601 with offset; this time and later', parseMoment)
    .option('--to <time>', 'ISO 8601 with offset; before this time', parseMoment)
    .option('--against <old.yaml>', 'say what is different from this version of the file')
    .option('--planned <from/to[/asset]...>', 'work that was planned: its alarms are counted apart', parsePlanned)
    .option('--at-most <n>', 'fail when more alarms come', parseCount)
    .option('--device-tag <name>', 'the tag of line protocol that names the device', 'device')
    .option('--json', 'everything as one JSON document')
    .action(act((file: string, options: RuleTestOptions) => testRules(edge, file, options)))
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
    .command('channels')
    .description('the roads to people')
    .command('test')
    .description('have the running gateway send one message now, and say what the provider answers')
    .argument('<channel>', 'its id in the site file')
    .option('--to <address>', 'number or address, for a channel to one person')
    .option('--data <dir>', 'data folder of the gateway (or CARETAKER_DATA)')
    .action(act((channel: string, options: ChannelTestOptions) => testChannelOf(edge, channel, options)))
  program
    .command('token')
    .description('machine tokens')
    .command('create')
    .requiredOption('--role <role>', ROLES.join(', '))
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .action(act((options: { role: string; data?: string }) => createTokenIn(edge, options)))
  program
    .command('totp')
    .description('second factors')
    .command('clear')
    .description('for an admin who lost the authenticator: the next sign-in asks for the password alone')
    .argument('<account>', 'the name of the account')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .action(act((account: string, options: { data?: string }) => clearTotpIn(edge, account, options)))
  program
    .command('people')
    .description('names and phones of the staff')
    .command('import')
    .description('read id, name and phone from CSV: all rows, or none and what is wrong with each')
    .argument('<file.csv>')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .option('--site <site.yaml>', 'where the gateway is stopped: who is there to have a name')
    .option('--private-key <file>', 'where the gateway is stopped: the key, when it is not kept in the data folder')
    .action(act((file: string, options: ImportPeopleOptions) => importPeopleFrom(edge, file, options)))
  program
    .command('roster')
    .description('who is there when')
    .command('check')
    .description('where and when nobody would be there: by region, skill and certificate')
    .argument('<site.yaml>')
    .option('--days <n>', 'so many days from today on', parseCount, 14)
    .option('--data <dir>', 'with leave, swaps and certificates of this data folder; the gateway may run')
    .option('--at <time>', 'as if it were then: ISO 8601 with offset', parseMoment)
    .action(act((file: string, options: RosterCheckOptions) => checkRoster(edge, file, options)))
  program
    .command('secret')
    .description('the MQTT secret of a device')
    .argument('<device>')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .action(act((device: string, options: { data?: string }) => showSecret(edge, device, options)))
  const households = program.command('households').description('who lives where, and how they are told')
  const ofPrivate = (command: Command) =>
    command
      .option('--data <dir>', 'data folder of the gateway (or CARETAKER_DATA)')
      .option('--private-key <file>', 'the key of names and phones, when it is not kept in the data folder')
  ofPrivate(households.command('import').description('take a list of contacts: all rows, or with one bad row none'))
    .argument('<list.csv>', 'UTF-8 or GB18030, as a spreadsheet saves it')
    .option('--site <site.yaml>', 'the site file, when no gateway runs on the folder')
    .option('--dry-run', 'read everything and write nothing')
    .action(act((file: string, options: HouseholdOptions) => importHouseholds(edge, file, options)))
  ofPrivate(households.command('erase').description('erase a person for good'))
    .argument('<contact>', 'its id, as the page of the home shows it')
    .action(act((contact: string, options: HouseholdOptions) => eraseContact(edge, contact, options)))
  const opcua = program.command('opcua').description('OPC UA servers of the running gateway, and certificates')
  const ofData = (command: Command) => command.option('--data <dir>', 'data folder (or CARETAKER_DATA)')
  ofData(opcua.command('list').description('servers, their state, and which certificates wait for approval')).action(
    act((options: { data?: string }) => listServers(edge, options)),
  )
  ofData(opcua.command('trust').description('believe a server by the certificate that it showed'))
    .argument('<connection>')
    .argument('<thumbprint>', 'as the server itself shows it: compare, do not copy from here')
    .option('--expired', 'although the certificate has expired')
    .action(
      act((server: string, thumbprint: string, options: { data?: string; expired?: boolean }) =>
        trustServer(edge, server, thumbprint, options),
      ),
    )
  ofData(opcua.command('distrust').description('believe a server no more'))
    .argument('<connection>')
    .action(act((server: string, options: { data?: string }) => distrustServer(edge, server, options)))
  ofData(opcua.command('renew').description("make a new certificate of the gateway's own")).action(
    act((options: { data?: string }) => renewCertificate(edge, options)),
  )
  const history = program.command('history').description('move the history in and out')
  history
    .command('import')
    .description('read line protocol or CSV, packed by gzip if it likes, into the history of a stopped gateway')
    .argument('<file...>')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .addOption(new Option('--format <format>', 'otherwise the name of the file tells it').choices(EXPORT_FORMATS))
    .addOption(
      new Option('--precision <unit>', 'of times in numbers; otherwise their size tells it').choices(PRECISIONS),
    )
    .option('--device-tag <name>', 'the tag of line protocol that names the device', 'device')
    .option('--strict', 'stop at the first bad line')
    .option('--dry-run', 'read everything and write nothing')
    .action(act((files: string[], options: ImportOptions) => importHistory(edge, files, options)))
  history
    .command('export')
    .description('write the history as CSV or line protocol, beside a running gateway if need be')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .addOption(new Option('--format <format>').choices(EXPORT_FORMATS).makeOptionMandatory())
    .option('--from <time>', 'ISO 8601 with offset; this time and later', parseMoment)
    .option('--to <time>', 'ISO 8601 with offset; before this time', parseMoment)
    .option('--device <id>', 'only this device')
    .option('--point <name>', 'only this point')
    .option('--out <file>', 'a new file, packed when its name ends in .gz; otherwise to the output')
    .action(act((options: ExportOptions) => exportHistory(edge, options)))
  program
    .command('backup')
    .description(
      'copy journal, readings, accounts and what is private to a folder, beside a running gateway or without one',
    )
    .argument('<folder>')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .action(act((folder: string, options: { data?: string }) => backup(edge, folder, options)))
  program
    .command('verify')
    .description('read both logs from end to end and check the hash chain')
    .option('--data <dir>', 'data folder (or CARETAKER_DATA)')
    .action(act((options: { data?: string }) => verify(edge, options)))
  return program
}

function parseMoment(text: string): number {
  const at = parseTime(text)
  if (at === null) throw new InvalidArgumentError('write ISO 8601 with offset, for example 2026-01-05T10:00:00+08:00')
  return at
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!(Number.isInteger(count) && count >= 0)) throw new InvalidArgumentError('a whole number')
  return count
}

function parsePlanned(text: string, before: PlannedWork[] = []): PlannedWork[] {
  const [from = '', to = '', asset] = text.split('/')
  const work = { from: parseMoment(from), to: parseMoment(to) }
  return [...before, asset === undefined ? work : { ...work, asset }]
}

function parseSpeed(text: string): number {
  const speed = Number(text)
  if (!(speed > 0 && speed <= 3_600)) throw new InvalidArgumentError('a number above 0, at most 3600')
  return speed
}
