import { addressText, type Endpoint, parseAddress } from '../addresses.ts';
import type { View } from '../consensus/protocol.ts';
import type { NodeId } from '../consensus/types.ts';
import type { EventLog } from '../logging/event-log.ts';
import type { GrpcServer } from '../transport/grpc-server.ts';
import { movedAddress } from './peer-addresses.ts';

/** How long it keeps listening at the old address, for those who have not heard of the new one. */
const movingMs = 30_000;

/**
 * Where this server listens: where its file says, and where the cluster believes it to be. So a
 * changed address costs no connection, and an old file makes no server unreachable.
 */
export class ListeningPlaces {
  readonly #self: NodeId;
  readonly #eventLog: EventLog;
  #grpc: GrpcServer | undefined;
  readonly #open = new Set<string>();

  constructor(self: NodeId, eventLog: EventLog) {
    this.#self = self;
    this.#eventLog = eventLog;
  }

  start(view: View, grpc: GrpcServer, endpoint: Endpoint): void {
    this.#grpc = grpc;
    this.#open.add(addressText(endpoint));
    this.follow(view);
  }

  /** To be called whenever the configuration has changed. */
  follow(view: View): void {
    const address = movedAddress(view, this.#self);
    if (this.#grpc === undefined || address === undefined || this.#open.has(address)) return;
    this.#open.add(address);
    this.#listen(this.#grpc, address).catch((error: Error) => {
      this.#open.delete(address);
      this.#eventLog.say('warn', `the cluster knows this server at ${address}: ${error.message}`);
    });
  }

  async #listen(grpc: GrpcServer, address: string): Promise<void> {
    const older = [...this.#open].filter(other => other !== address);
    await grpc.listen(parseAddress(address));
    this.#eventLog.say('info', `listens on ${address} now`);
    const leaving = setTimeout(() => {
      for (const other of older) if (this.#open.delete(other)) grpc.leave(parseAddress(other));
    }, movingMs);
    leaving.unref();
  }
}
