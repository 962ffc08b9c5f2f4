import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Endpoint } from '../addresses.ts';
import { StartupError } from '../errors/startup-error.ts';
import { addressOf } from './channel-options.ts';

const pauseMs = 100;
const probeTimeoutMs = 1000;
/** The system keeps the port of an outgoing connection for a minute after it was closed. */
const outgoingMaxMs = 65_000;

const outgoing =
  'an outgoing connection of this machine has the port; choose one below 32768 in the ' +
  'configuration, which the system does not give to such connections';

const problems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; stop the other program, or change the port in the configuration',
  EACCES: 'permission is denied; choose a port above 1023 in the configuration',
  EADDRNOTAVAIL: 'this machine has no such address; correct the host in the configuration',
  ENOTFOUND: 'the host name is unknown; correct the host in the configuration',
};

export type PortPatience = {
  /** For so long a port on which another program listens is tried again: it may be about to go. */
  readonly retryMs: number;
  /** The same for a port that an outgoing connection has got by chance. */
  readonly outgoingMs?: number;
  /** Told once, when the wait may be a longer one. */
  readonly waiting: (text: string) => void;
};

/** Listens, in time. `listen` tells what went wrong. Throws a StartupError with one sentence. */
export async function listenPatiently(
  endpoint: Endpoint,
  listen: () => Promise<NodeJS.ErrnoException | undefined>,
  { retryMs, outgoingMs = outgoingMaxMs, waiting }: PortPatience,
): Promise<void> {
  const address = addressOf(endpoint);
  const startedAt = performance.now();
  let isTold = false;
  for (;;) {
    const problem = await listen();
    if (problem === undefined) return;
    const isInUse = problem.code === 'EADDRINUSE';
    const isOutgoing = isInUse && !(await isListenedOn(endpoint));
    const patienceMs = isOutgoing ? outgoingMs : retryMs;
    if (!isInUse || performance.now() - startedAt >= patienceMs) {
      const reason = isOutgoing ? outgoing : reasonOf(problem);
      throw new StartupError(`cannot listen on ${address}: ${reason}`);
    }
    if (isOutgoing && !isTold) waiting(`waits for ${address}: an outgoing connection has the port`);
    isTold ||= isOutgoing;
    await wait(pauseMs);
  }
}

const reasonOf = ({ code = '', message }: NodeJS.ErrnoException): string =>
  problems[code] ?? message;

/** A port that is taken, and on which nobody listens, belongs to an outgoing connection. */
function isListenedOn({ host, port }: Endpoint): Promise<boolean> {
  const socket = connect({ host: nameOf(host), port, timeout: probeTimeoutMs });
  return new Promise(resolve => {
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true));
    // Whoever does not even answer is a program that is stopped or overloaded: it listens.
    socket.once('timeout', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** `localhost` would be two addresses, and the other program may listen on the other one. */
export const nameOf = (host: string): string => (host === 'localhost' ? '127.0.0.1' : host);
