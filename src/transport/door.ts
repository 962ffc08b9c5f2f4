import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { StartupError } from '../errors/startup-error.ts';
import { addressOf } from './channel-options.ts';
import type { Endpoint } from './endpoint.ts';

export type DoorOptions = {
  /** Connections at a time; who comes beyond is turned away. */
  readonly connectionsMax: number;
  /** Within this time a connection must have begun to speak HTTP/2. */
  readonly greetingMs: number;
  /** For so long a port that is in use is tried again: it may be about to be given up. */
  readonly retryMs: number;
  /** A connection that speaks the protocol; what was read of it is to be read again. */
  readonly admit: (socket: Socket) => void;
  readonly refused: (address: string, reason: string) => void;
};

/** What every HTTP/2 client sends first (RFC 9113, 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const retryPauseMs = 100;

/**
 * A place where a server listens. The gRPC library would keep connections that say nothing, or
 * speak TLS to it, for ever, as many as come; and a port that was taken once it never gets.
 */
export class Door {
  readonly #server: Server;
  readonly #options: DoorOptions;
  /** Those that have not spoken yet. */
  readonly #strangers = new Set<Socket>();

  private constructor(options: DoorOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#receive(socket));
    this.#server.maxConnections = options.connectionsMax;
    this.#server.on('drop', data => {
      const limit = `${options.connectionsMax} connections are open already`;
      options.refused(data?.remoteAddress ?? 'somebody', limit);
    });
  }

  /** Listens. Throws a StartupError with one sentence when it cannot. */
  static async open(endpoint: Endpoint, options: DoorOptions): Promise<Door> {
    const door = new Door(options);
    const endsAt = performance.now() + options.retryMs;
    for (;;) {
      const problem = await door.#listen(endpoint);
      if (problem === undefined) return door;
      if (problem.code !== 'EADDRINUSE' || performance.now() >= endsAt) {
        const reason = bindProblems[problem.code ?? ''] ?? problem.message;
        throw new StartupError(`cannot listen on ${addressOf(endpoint)}: ${reason}`);
      }
      await wait(retryPauseMs);
    }
  }

  /** Nobody comes in any more; who is in may stay. */
  close(): void {
    this.#server.close();
    for (const socket of this.#strangers) socket.destroy();
  }

  #listen({ host, port }: Endpoint): Promise<NodeJS.ErrnoException | undefined> {
    const server = this.#server.removeAllListeners('error').removeAllListeners('listening');
    return new Promise(resolve => {
      server.on('error', resolve);
      server.once('listening', () => resolve(undefined));
      // `localhost` would be two addresses, and the other program may listen on the other one.
      server.listen(port, host === 'localhost' ? '127.0.0.1' : host);
    });
  }

  #receive(socket: Socket): void {
    const { greetingMs, refused, admit } = this.#options;
    const address = socket.remoteAddress ?? 'somebody';
    const turnAway = (reason: string): void => {
      forget();
      socket.destroy();
      refused(address, reason);
    };
    const timer = setTimeout(
      () => turnAway('connected, and said nothing that this port understands'),
      greetingMs,
    );
    const gone = (): void => {
      forget();
      socket.destroy();
    };
    const read = (): void => {
      const greeting: Buffer | null = socket.read(preface.length);
      if (greeting === null) return;
      if (!greeting.equals(preface)) {
        turnAway('speaks another protocol than gRPC without encryption');
        return;
      }
      forget();
      socket.unshift(greeting);
      admit(socket);
    };
    const forget = (): void => {
      clearTimeout(timer);
      this.#strangers.delete(socket);
      socket.off('readable', read).off('error', gone).off('close', gone).off('end', gone);
    };
    this.#strangers.add(socket);
    socket.on('readable', read).on('error', gone).on('close', gone).on('end', gone);
  }
}

const bindProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; stop the other program, or change the port in the configuration',
  EACCES: 'permission is denied; choose a port above 1023 in the configuration',
  EADDRNOTAVAIL: 'this machine has no such address; correct the host in the configuration',
  ENOTFOUND: 'the host name is unknown; correct the host in the configuration',
};
