import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { type LoadedConfiguration, loadConfiguration } from '../config/load-configuration.ts';
import { watchConfiguration } from '../config/watch-configuration.ts';
import { type RunningGateway, runGateway } from '../gateway/run-gateway.ts';
import { EventLog, type LogFormat } from '../server/event-log.ts';
import { fail } from './fail.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const main = fileURLToPath(new URL('./main.js', import.meta.url));
const pollMs = 20;

type Options = {
  readonly config: string;
  readonly dataDir?: string;
  readonly port: number;
  readonly logFormat: LogFormat;
};

/** `gossip-raft dev`: all servers as processes of their own, the client server in this one. */
export async function runLocalCluster(options: Options): Promise<void> {
  const startedAt = Date.now();
  const configuration = loadConfiguration(resolve(options.config));
  const log = new EventLog({ name: 'client', format: options.logFormat });
  const gateway = await runGateway({
    configuration,
    host: '127.0.0.1',
    port: options.port,
    onError: (request, error) => log.say('error', `request ${request}: ${error.stack}`),
  });
  const children = new Map<string, ChildProcess>();
  let isStopping = false;
  const stop = async (): Promise<void> => {
    isStopping = true;
    unwatch();
    await gateway.stop();
    await Promise.all([...children.values()].map(stopServer));
    await log.close('stopped');
  };
  const start = (name: string): void => {
    const child = startServer(name, options);
    children.set(name, child);
    child.once('exit', code => {
      children.delete(name);
      // It was removed from the cluster, and has said so.
      if (isStopping || code === 0) return;
      log.say('error', `${name} has stopped (exit code ${code}); stopping the others`);
      stop().then(() => process.exit(1), fail);
    });
  };
  for (const name of Object.keys(configuration.nodes)) start(name);
  // The servers propose what has changed; here, the new ones are started.
  const unwatch = watchConfiguration(configuration.path, {
    changed: ({ nodes }) => {
      for (const name of Object.keys(nodes)) if (!children.has(name) && !isStopping) start(name);
    },
    invalid: () => undefined,
  });
  stopOnSignal(stop);
  await leaderOf(gateway, () => isStopping);
  if (!isStopping) printWelcome(configuration, gateway, options, Date.now() - startedAt);
}

function startServer(name: string, { config, dataDir, logFormat }: Options): ChildProcess {
  const data = dataDir === undefined ? [] : ['--data-dir', dataDir];
  const flags = [name, '--config', config, '--log-format', logFormat, '--text-records', ...data];
  // The channel tells the child when we are gone, however we went.
  return spawn(process.execPath, ['--enable-source-maps', main, 'server', ...flags], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function leaderOf({ client }: RunningGateway, isOver: () => boolean): Promise<void> {
  while (client.leader === undefined && !isOver()) {
    await wait(pollMs);
  }
}

function printWelcome(
  { clusterName, nodes, dataRoot }: LoadedConfiguration,
  { port, client }: RunningGateway,
  { dataDir }: Options,
  tookMs: number,
): void {
  const url = `http://127.0.0.1:${port}`;
  const servers = Object.entries(nodes).map(([id, { host, port: own }]) => `${id} ${host}:${own}`);
  const count = servers.length === 1 ? '1 server' : `${servers.length} servers`;
  const lines = [
    '',
    `  ${pc.bold(clusterName)}  ${count}, ` +
      `leader ${pc.bold(client.leader ?? '')}, ready in ${(tookMs / 1000).toFixed(1)} s`,
    `  HTTP   ${pc.cyan(url)}    cluster: ${url}/v1/cluster`,
    `  gRPC   ${servers.join(', ')}`,
    `  data   ${dataDir === undefined ? dataRoot : resolve(dataDir)}`,
    '',
    `  try    curl -s ${url}/put_all -H 'content-type: application/json' -d '[{"hello":"world"}]'`,
    '  stop   Ctrl-C',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
