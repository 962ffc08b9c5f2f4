import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientOf, serversOf } from '../client/client-of.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { LockLine } from '../client/lock-line.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { watchConfiguration } from '../config/watch-configuration.ts';
import { StartupError } from '../errors/startup-error.ts';
import { createApp } from './app.ts';
import { createDoor, doorLimits } from './door.ts';
import { exposureOf, namesIn } from './known-host.ts';
import { GatewayMetrics } from './metrics.ts';
import { WatchHub } from './watch-hub.ts';

export type GatewayOptions = {
  readonly configuration: LoadedConfiguration;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Names under which it is reached, beside addresses, localhost and those of the file. */
  readonly allowedHosts?: readonly string[];
  /** Something is odd about where it listens. */
  readonly onWarning?: (sentence: string) => void;
  readonly onError: (request: string, error: Error) => void;
};

export type RunningGateway = {
  readonly port: number;
  readonly client: ClusterClient;
  stop(): Promise<void>;
};

/** Requests that are under way when the gateway stops may finish within this time. */
const drainMs = 2000;

/** Starts the client server. Throws a StartupError with one sentence when it cannot listen. */
export async function runGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { configuration, host, port } = options;
  const client = clientOf(configuration, { connectsAtOnce: true });
  const watches = new WatchHub(client);
  const app = createApp({
    client,
    metrics: new GatewayMetrics(client, watches),
    watches,
    line: new LockLine(client),
    clusterName: configuration.clusterName,
    bodyMaxBytes: configuration.limits.bodyMaxBytes,
    allowedHosts: namesIn([host, ...configuration.allowedHosts, ...(options.allowedHosts ?? [])]),
    nodes: configuration.nodes,
    onError: options.onError,
  });
  const handle = app.callback();
  const server = createDoor(
    (request, response) => {
      handle(request, response).catch((error: Error) => options.onError('', error));
    },
    { ...doorLimits, connectionsMax: configuration.limits.httpConnectionsMax },
  );
  const address = await listen(server, host, port).catch((error: unknown) => {
    client.close();
    throw error;
  });
  const exposure = exposureOf(host);
  if (exposure !== undefined) options.onWarning?.(exposure);
  const unwatch = watchConfiguration(configuration.path, {
    changed: changed => client.list(serversOf(changed)),
    // The servers say what is wrong with it; until then, what is known is good enough.
    invalid: () => undefined,
  });
  return {
    port: address.port,
    client,
    stop: () => {
      unwatch();
      return stop(server, client);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reason =
        code === 'EADDRINUSE' ? 'the port is in use; choose another one' : `${message}`;
      reject(new StartupError(`the client server cannot listen on ${host}:${port}: ${reason}`));
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

async function stop(server: Server, client: ClusterClient): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(timer);
  client.close();
}
