import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pc from 'picocolors';
import { type ClusterView, viewCluster } from '../client/cluster-view.ts';
import { healthSentence } from '../client/health.ts';
import { type LoadedConfiguration, loadConfiguration } from '../config/load-configuration.ts';
import { watchConfiguration } from '../config/watch-configuration.ts';
import { type RunningGateway, runGateway } from '../gateway/run-gateway.ts';
import { EventLog, type LogFormat } from '../logging/event-log.ts';
import { chooseConfiguration } from './choose-configuration.ts';
import { fail } from './fail.ts';
import { LocalServers } from './local-servers.ts';
import { nextFreePort } from './next-free-port.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const pollMs = 20;
const settlingMs = 2000;
/** When there is no leader after this time, the reason is said. */
const leaderPatienceMs = 10_000;
const host = '127.0.0.1';

type Options = {
  readonly config: string;
  /** Otherwise it may be made. */
  readonly isConfigGiven: boolean;
  readonly dataDir?: string;
  readonly port: number;
  /** Whether somebody has asked for this very port. */
  readonly isPortGiven: boolean;
  readonly logFormat: LogFormat;
};

/** `gossip-raft dev`: all servers as processes of their own, the client server in this one. */
export async function runLocalCluster(options: Options): Promise<void> {
  const startedAt = Date.now();
  const path = resolve(options.config);
  const log = new EventLog({ name: 'client', format: options.logFormat });
  if (!options.isConfigGiven) await chooseConfiguration(path, text => log.say('info', text));
  const configuration = loadConfiguration(path);
  for (const warning of configuration.warnings) log.say('warn', warning);
  const gateway = await startGateway(configuration, options, log);
  let isStopping = false;
  const stop = async (): Promise<void> => {
    isStopping = true;
    unwatch();
    await gateway.stop();
    await servers.stop();
    await log.close('stopped');
  };
  const servers = new LocalServers({
    config: options.config,
    dataDir: options.dataDir,
    logFormat: options.logFormat,
    say: (level, text) => log.say(level, text),
    onNoneLeft: () => {
      log.say('error', 'no server runs any more');
      stop().then(() => process.exit(1), fail);
    },
  });
  servers.want(Object.keys(configuration.nodes));
  // The servers propose what has changed; here, the new ones are started.
  const unwatch = watchConfiguration(configuration.path, {
    changed: ({ nodes }) => servers.want(Object.keys(nodes)),
    invalid: () => undefined,
  });
  stopOnSignal(stop);
  const isOver = (): boolean => isStopping;
  await leaderOf(gateway, log, isOver);
  const tookMs = Date.now() - startedAt;
  const health = await settledHealth(gateway, isOver);
  if (!isStopping) printWelcome(configuration, gateway, options, { tookMs, health });
}

async function startGateway(
  configuration: LoadedConfiguration,
  options: Options,
  log: EventLog,
): Promise<RunningGateway> {
  const wanted = options.port;
  const port = options.isPortGiven ? wanted : await nextFreePort(host, wanted);
  if (port !== wanted) log.say('warn', `the port ${wanted} is in use: HTTP is on ${port}`);
  return runGateway({
    configuration,
    host,
    port,
    onError: (request, error) => log.say('error', `request ${request}: ${error.stack}`),
  });
}

async function leaderOf(
  { client }: RunningGateway,
  log: EventLog,
  isOver: () => boolean,
): Promise<void> {
  const patience = setTimeout(() => {
    viewCluster(client).then(view => log.say('warn', `no leader yet: ${view.reason}`), fail);
  }, leaderPatienceMs);
  while (client.leader === undefined && !isOver()) await wait(pollMs);
  clearTimeout(patience);
}

/** The others need a moment after the leader has begun; whoever is still missing then, is said. */
async function settledHealth(
  { client }: RunningGateway,
  isOver: () => boolean,
): Promise<ClusterView> {
  const endsAtMs = performance.now() + settlingMs;
  for (;;) {
    const view = await viewCluster(client);
    if (view.health === 'GREEN' || performance.now() > endsAtMs || isOver()) return view;
    await wait(pollMs);
  }
}

function printWelcome(
  { clusterName, nodes, dataRoot }: LoadedConfiguration,
  { port, client }: RunningGateway,
  { dataDir }: Options,
  { tookMs, health }: { readonly tookMs: number; readonly health: ClusterView },
): void {
  const url = `http://127.0.0.1:${port}`;
  const servers = Object.entries(nodes).map(([id, { host, port: own }]) => `${id} ${host}:${own}`);
  const count = servers.length === 1 ? '1 server' : `${servers.length} servers`;
  const lines = [
    '',
    `  ${pc.bold(clusterName)}  ${count}, ` +
      `leader ${pc.bold(client.leader ?? '')}, ready in ${(tookMs / 1000).toFixed(1)} s`,
    `  health ${healthSentence(health)}`,
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
