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

export type GrpcService = {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
};

export type GrpcServer = {
  /** What the standard health service answers, for the whole server. */
  setHealth(serving: ServingStatus): void;
  close(): Promise<void>;
};

/** Listens with the given services and the health service. Throws a StartupError in a sentence. */
export async function startGrpcServer(
  endpoint: { readonly host: string; readonly port: number },
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
    close: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

async function bind(server: Server, endpoint: { host: string; port: number }): Promise<void> {
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
function bindProblem(
  { host, port }: { host: string; port: number },
  error: Error,
): Promise<string> {
  const probe = createServer();
  return new Promise(resolve => {
    probe.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(bindProblems[code ?? ''] ?? error.message),
    );
    const name = host === 'localhost' ? '127.0.0.1' : host;
    probe.listen(port, name, () => probe.close(() => resolve(error.message)));
  });
}
