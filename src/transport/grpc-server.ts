import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import type { Endpoint } from '../addresses.ts';
import { addressOf, serverOptions } from './channel-options.ts';
import { Door } from './door.ts';
import { allDefinitions } from './proto-definitions.ts';

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

export type GrpcServerOptions = {
  /** For so long a port that is in use is tried again before it is given up. */
  readonly retryMs?: number;
  /** There is something to wait for before it can listen. */
  readonly waiting?: (text: string) => void;
  /** Connections at a time, at each place where it listens. */
  readonly connectionsMax?: number;
  readonly greetingMs?: number;
  /** Somebody has connected who cannot be served. */
  readonly refused?: (address: string, reason: string) => void;
};

/** How long those may stay who are connected to an address that is given up. */
const drainMs = 1000;
const defaults = {
  retryMs: 0,
  waiting: () => undefined,
  connectionsMax: 512,
  greetingMs: 5000,
  refused: () => undefined,
};

/** Listens with the given services and the health service. Throws a StartupError in a sentence. */
export async function startGrpcServer(
  endpoint: Endpoint,
  services: readonly GrpcService[],
  options: GrpcServerOptions = {},
): Promise<GrpcServer> {
  const server = new Server(serverOptions);
  for (const { definition, implementation } of services) {
    server.addService(definition, implementation);
  }
  const health = new HealthImplementation({ '': 'NOT_SERVING' });
  health.addToServer(server);
  new ReflectionService(allDefinitions).addToServer(server);
  const places = new Map<string, Awaited<ReturnType<typeof listenAt>>>();
  const listen = async (place: Endpoint): Promise<void> => {
    places.set(addressOf(place), await listenAt(server, place, { ...defaults, ...options }));
  };
  await listen(endpoint);
  return {
    setHealth: serving => health.setStatus('', serving),
    listen,
    leave: place => {
      const left = places.get(addressOf(place));
      places.delete(addressOf(place));
      left?.door.close();
      left?.injector.drain(drainMs);
      left?.injector.destroy();
    },
    close: () => {
      for (const { door, injector } of places.values()) {
        door.close();
        // Connections that it was handed the library would leave open, and answer, for ever.
        injector.drain(0);
      }
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

async function listenAt(server: Server, place: Endpoint, options: Required<GrpcServerOptions>) {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const admit = injector.injectConnection.bind(injector);
  return { injector, door: await Door.open(place, { ...options, admit }) };
}
