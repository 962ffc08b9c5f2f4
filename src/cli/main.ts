#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { StartupError } from '../errors/startup-error.ts';
import { knownLevel } from '../machines/transaction.ts';
import { version } from '../version.ts';
import { fail } from './fail.ts';

const configOption = (): Option =>
  new Option('-c, --config <file>', 'the configuration of the cluster')
    .env('GOSSIP_RAFT_CONFIG')
    .argParser(nonEmpty)
    .default('cluster-configuration.json');
const dataOption = (): Option =>
  new Option('-d, --data-dir <dir>', 'holds a folder for each server')
    .env('GOSSIP_RAFT_DATA_DIR')
    .argParser(nonEmpty);
const formatOption = (): Option =>
  new Option('--log-format <format>', 'how lines are written')
    .choices(['text', 'json'])
    .default('text');

const recordsOption = (): Option =>
  new Option('--text-records', 'keep the log, the term and the events as text files for people');

const wholeNumber =
  (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    const limits = most === Number.MAX_SAFE_INTEGER ? `${least} on` : `${least} to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number from ${limits}.`);
  };

const portNumber = wholeNumber(0, 65_535);

function nonEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected a path.');
}

/** What commander says, as one sentence like all others. */
function sentenceOf(text: string): string {
  const lines = text.trim().split('\n');
  const [first = '', ...more] = lines.map(line => line.replace(/^error: /, '').replace(/\.$/, ''));
  return `gossip-raft: ${[first, ...more.map(line => line.replace(/^\(?/, '('))].join(' ')}\n`;
}

// Nobody reads the terminal any more; the log file and the work go on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const program = new Command('gossip-raft')
  .description('a replicated log that gossips, and the client server in front of it')
  .version(
    `${version} (commands up to level ${knownLevel})`,
    '-V, --version',
    'tell the version, and which commands of the log it knows',
  )
  .configureOutput({ outputError: (text, write) => write(sentenceOf(text)) })
  .showSuggestionAfterError();

program
  .command('server')
  .description('start one server')
  .argument('<name>', 'its name in the configuration, such as n0')
  .addOption(configOption())
  .addOption(dataOption())
  .addOption(formatOption())
  .addOption(recordsOption())
  .action(async (name: string, options) => {
    const { serve } = await import('./serve.ts');
    await serve({ ...options, name });
  });

program
  .command('client')
  .description('start the client server: HTTP in front of the cluster')
  .argument('[port]', 'its port', portNumber, 8000)
  .addOption(configOption())
  .addOption(formatOption())
  .option('--host <host>', 'the address to listen on', '127.0.0.1')
  .option('--allowed-hosts <name...>', 'names under which it is reached, beside localhost')
  // The scripts pass the same flags to both; these mean nothing here.
  .addOption(dataOption().hideHelp())
  .addOption(recordsOption().hideHelp())
  .action(async (port: number, options) => {
    const { serveClient } = await import('./serve-client.ts');
    await serveClient({ ...options, port });
  });

program
  .command('dev')
  .description('start all servers of the configuration and the client server, here')
  .addOption(configOption())
  .addOption(dataOption())
  .addOption(formatOption())
  .option('-p, --port <port>', 'port of the client server', portNumber, 8000)
  .action(async (options, command: Command) => {
    const { runLocalCluster } = await import('./local-cluster.ts');
    const isGiven = (name: string): boolean => command.getOptionValueSource(name) !== 'default';
    await runLocalCluster({
      ...options,
      isPortGiven: isGiven('port'),
      isConfigGiven: isGiven('config'),
    });
  });

program
  .command('kv')
  .description('read and write keys: SET, GET, DEL, KEYS, INCR; without a command, at a prompt')
  .argument('[words...]', 'one command, such as SET greeting "hello world"')
  .addOption(configOption())
  .action(async (words: string[], options) => {
    const { kv } = await import('./kv.ts');
    await kv(words, options);
  });

program
  .command('lock')
  .description('run a command while a lock is held; its token is in LOCK_TOKEN')
  .argument('<name>', 'the name of the lock')
  .argument('<command...>', 'what to run, behind --')
  .addOption(configOption())
  .addOption(
    new Option('--ttl <seconds>', 'a holder that is silent for so long has lost it')
      .argParser(wholeNumber(1, 86_400))
      .default(10),
  )
  .addOption(
    new Option('--wait <seconds>', 'wait in line for so long')
      .argParser(wholeNumber(0, 86_400))
      .default(0),
  )
  .action(async (name: string, words: string[], options) => {
    const { lock } = await import('./lock.ts');
    await lock(name, words, options);
  });

program
  .command('leader')
  .description('who leads')
  .command('transfer')
  .description('hand the leadership over without a pause')
  .argument('[to]', 'the server that shall lead; the best one when not given')
  .addOption(configOption())
  .action(async (to: string | undefined, options) => {
    const { transfer } = await import('./transfer.ts');
    await transfer(to, options);
  });

const member = program.command('member').description('who belongs to the cluster');
const waitOption = (): Option =>
  new Option('--no-wait', 'return once the cluster knows, before it is done');
const timeoutOption = (): Option =>
  new Option('--timeout <seconds>', 'give up waiting when nothing has moved for so long')
    .argParser(wholeNumber(1, 86_400))
    .default(60);
member
  .command('list')
  .description('the members, and what is on its way')
  .addOption(configOption())
  .action(async options => {
    const { listMembers } = await import('./member.ts');
    await listMembers(options);
  });
member
  .command('add')
  .description('add a server, or tell its new address')
  .argument('<name>', 'its name')
  .argument('[address]', 'host:port; that of the configuration when not given')
  .addOption(configOption())
  .addOption(waitOption())
  .addOption(timeoutOption())
  .action(async (name: string, address: string | undefined, options) => {
    const { addMember } = await import('./member.ts');
    await addMember(name, address, options);
  });
member
  .command('remove')
  .description('remove a server')
  .argument('<name>', 'its name')
  .addOption(configOption())
  .addOption(waitOption())
  .addOption(timeoutOption())
  .action(async (name: string, options) => {
    const { removeMember } = await import('./member.ts');
    await removeMember(name, options);
  });
member
  .command('replace')
  .description('give a lost data directory up: the server comes back empty, or another one comes')
  .argument('<name>', 'the server that is replaced')
  .option('--with <name>', 'another server that takes its place')
  .option('--address <address>', 'host:port of the other server')
  .option('--force', 'although the directory that is given up still answers')
  .addOption(configOption())
  .addOption(waitOption())
  .addOption(timeoutOption())
  .action(async (name: string, options) => {
    const { replaceMember } = await import('./member.ts');
    await replaceMember(name, options);
  });

program
  .command('backup')
  .description('write everything that the cluster holds into one file')
  .argument('<file>', 'the file; it must not be there yet')
  .addOption(configOption())
  .action(async (file: string, options) => {
    const { backup } = await import('./backup.ts');
    await backup(file, options);
  });

program
  .command('restore')
  .description('make new data directories from a backup, before the servers are started')
  .argument('[file]', 'the backup')
  .option('--from-text <file>', 'instead: put what a logs.txt tells of into a running, empty store')
  .option('--server <name...>', 'only these servers; all of the configuration otherwise')
  .addOption(configOption())
  .addOption(dataOption())
  .action(async (file: string | undefined, options) => {
    if (options.fromText !== undefined) {
      if (file !== undefined) throw new StartupError('name a backup or --from-text, not both');
      const { restoreText } = await import('./restore-text.ts');
      await restoreText(options.fromText, options);
      return;
    }
    if (file === undefined) throw new StartupError('name the backup: gossip-raft restore FILE');
    const { restoreBackup } = await import('./restore-backup.ts');
    await restoreBackup(file, options);
  });

program
  .command('recover')
  .description('make a new cluster out of one data directory, when a majority is lost for good')
  .argument('<directory>', 'the data directory of a server, such as data/n2')
  .option('--dry-run', 'say what is there and what may be lost, and change nothing')
  .option('--yes', 'ask nothing')
  .addOption(configOption())
  .action(async (directory: string, options) => {
    const { recover } = await import('./recover.ts');
    await recover(directory, options);
  });

program
  .command('export')
  .description('write what a data directory holds as lines of JSON, without a cluster')
  .argument('<directory>', 'the data directory of a server, such as data/n2')
  .argument('<file>', 'the file; it must not be there yet')
  .action(async (directory: string, file: string) => {
    const { exportDirectory } = await import('./export-directory.ts');
    await exportDirectory(directory, file);
  });

program
  .command('simulate')
  .description('run the cluster through simulated misfortunes')
  .option('--seeds <count>', 'how many', wholeNumber(1), 2000)
  .option('--from <seed>', 'the first one', wholeNumber(0), 1)
  .option('--seed <seed>', 'only this one, with everything that happens', wholeNumber(0))
  .action(async options => {
    const { simulate } = await import('./simulate.ts');
    await simulate(options);
  });

program
  .command('bench')
  .description('measure puts or reads at a running client server')
  .option('--url <url>', 'the client server', 'http://127.0.0.1:8000')
  .option('--clients <count>', 'requests under way at a time', wholeNumber(1, 10_000), 1)
  .option('--entries <count>', 'objects in each put', wholeNumber(1, 100_000), 1)
  .addOption(
    new Option('--read <consistency>', 'read a key instead of putting').choices([
      'lease',
      'quorum',
      'bounded',
      'local',
    ]),
  )
  .option('--seconds <count>', 'how long', wholeNumber(1, 86_400), 10)
  .option('--warmup <seconds>', 'how long before that, unmeasured', wholeNumber(0, 86_400), 2)
  .action(async options => {
    const { bench } = await import('./bench.ts');
    await bench(options);
  });

await program.parseAsync().catch(fail);
