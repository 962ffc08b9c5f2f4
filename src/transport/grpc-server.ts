import { createServer } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import { StartupError } from '../errors/startup-error.ts';
import { addressOf, serverOptions } from './channel-options.ts';
import type { Endpoint } from './endpoint.ts';

export type GrpcService = {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
};

export type GrpcServer = {
  /** What the standard health service answers, for the whole server. */
  setHealth(serving: ServingStatus): void;
  /** Listens there, too. Throws a StartupError with one sentence when it cannot. */
  listen(endpoint: Endpoint): Promise<void>;
  /** Listens there no more; whoever is connected may stay for a moment. */
  leave(endpoint: Endpoint): void;
  close(): Promise<void>;
};

/** How long those may stay who are connected to an address that is given up. */
const drainMs = 1000;

/** Listens with the given services and the health service. Throws a StartupError in a sentence. */
export async function startGrpcServer(
  endpoint: Endpoint,
  services: readonly GrpcService[],
): Promise<GrpcServer> {
  const server = new Server(serverOptions);
  for (const { definition, implementation } of services) {
    server.addService(definition, implementation);
  }
  const health = new HealthImplementation({ '': 'NOT_SERVING' });
  health.addToServer(server);
  await bind(server, endpoint);
  return {
    setHealth: serving => health.setStatus('', serving),
    listen: other => bind(server, other),
    leave: other => {
      server.unbind(addressOf(other));
      server.drain(addressOf(other), drainMs);
    },
    close: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

async function bind(server: Server, endpoint: Endpoint): Promise<void> {
  const address = addressOf(endpoint);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), error =>
      error === null ? resolve() : reject(error),
    );
  }).catch(async (error: Error) => {
    throw new StartupError(`cannot listen on ${address}: ${await bindProblem(endpoint, error)}`);
  });
}

const bindProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; stop the other program, or change the port in the configuration',
  EACCES: 'permission is denied; choose a port above 1023 in the configuration',
  EADDRNOTAVAIL: 'this machine has no such address; correct the host in the configuration',
  ENOTFOUND: 'the host name is unknown; correct the host in the configuration',
};

/** gRPC says only that it failed; asking the system once more tells why. */
function bindProblem({ host, port }: Endpoint, error: Error): Promise<string> {
  const probe = createServer();
  return new Promise(resolve => {
    probe.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(bindProblems[code ?? ''] ?? error.message),
    );
    const name = host === 'localhost' ? '127.0.0.1' : host;
    probe.listen(port, name, () => probe.close(() => resolve(error.message)));
  });
}
