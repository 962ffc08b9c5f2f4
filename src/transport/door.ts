import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../addresses.ts';
import { listenPatiently, nameOf, type PortPatience } from './port-patience.ts';

export type DoorOptions = PortPatience & {
  /** Connections at a time; who comes beyond is turned away. */
  readonly connectionsMax: number;
  /** Within this time a connection must have begun to speak HTTP/2. */
  readonly greetingMs: number;
  /** A connection that speaks the protocol; what was read of it is to be read again. */
  readonly admit: (socket: Socket) => void;
  readonly refused: (address: string, reason: string) => void;
};

/** What every HTTP/2 client sends first (RFC 9113, 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

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
    await listenPatiently(endpoint, () => door.#listen(endpoint), options);
    return door;
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
      server.listen(port, nameOf(host));
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
