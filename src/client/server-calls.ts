import { setTimeout as wait } from 'node:timers/promises';
import type { ServiceError } from '@grpc/grpc-js';
import { ClusterError, type ClusterErrorCode } from '../errors/cluster-error.ts';
import type { Refused__Output as Refused } from '../transport/generated/gossipraft/Refused.ts';
import { LeaderFinder } from './leader-finder.ts';
import type { ServerConnection } from './server-connection.ts';
import type { ServerDirectory } from './server-directory.ts';

const attemptTimeoutMs = 1000;
const pauseMs = 50;

/** Single questions to one server, to any, or to the leader: asked until they are answered. */
export class ServerCalls {
  readonly #directory: ServerDirectory;
  readonly #hint: () => string | undefined;
  #turn = 0;

  /** `hint` names the server that leads, as far as is known. */
  constructor(directory: ServerDirectory, hint: () => string | undefined = () => undefined) {
    this.#directory = directory;
    this.#hint = hint;
  }

  async ask<Reply extends { refused?: Refused | null }>(
    server: string,
    ask: (connection: ServerConnection) => Promise<Reply>,
  ): Promise<Reply> {
    const connection = this.#directory.connections.find(({ id }) => id === server);
    if (connection === undefined) {
      const known = this.#directory.connections.map(({ id }) => id).join(', ');
      throw new ClusterError('unknownServer', `there is no server "${server}", only ${known}`);
    }
    await this.#directory.identify();
    const reply = await ask(connection).catch(() => undefined);
    if (reply === undefined) throw unreachableServer(server);
    if (reply.refused) throw refusalError(reply.refused);
    return reply;
  }

  /** Asks one server after the other, until one of them can answer. */
  async askAny<Reply extends { refused?: Refused | null }>(
    timeoutMs: number,
    ask: (connection: ServerConnection, attemptMs: number) => Promise<Reply>,
  ): Promise<Reply> {
    const deadline = Date.now() + timeoutMs;
    await this.#directory.identify();
    let refusal: Refused | undefined;
    for (const connection of this.#inTurn()) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) break;
      const attemptMs = Math.min(attemptTimeoutMs, leftMs);
      const reply = await ask(connection, attemptMs).catch(() => undefined);
      if (reply !== undefined && !reply.refused) return reply;
      refusal = reply?.refused ?? refusal;
    }
    if (refusal !== undefined) throw refusalError(refusal);
    throw new ClusterError('serverUnreachable', 'no server can be reached');
  }

  /** Every call starts with the next one, so that the work is shared. */
  #inTurn(): readonly ServerConnection[] {
    const { connections } = this.#directory;
    this.#turn = (this.#turn + 1) % connections.length;
    return [...connections.slice(this.#turn), ...connections.slice(0, this.#turn)];
  }

  /**
   * Asks one server after the other until one of them answers as the leader. Who was asked for a
   * change and has not answered may have made it.
   */
  async askLeader<Reply extends { refused?: Refused | null }>(
    timeoutMs: number,
    ask: (connection: ServerConnection, attemptMs: number) => Promise<Reply>,
    { isChange = false } = {},
  ): Promise<Reply> {
    let mayHaveEffect = false;
    const finder = new LeaderFinder(this.#directory);
    finder.named(this.#hint());
    const deadline = Date.now() + timeoutMs;
    await this.#directory.identify();
    for (let leftMs = timeoutMs; leftMs > 0; leftMs = deadline - Date.now()) {
      const connection = finder.candidate();
      if (connection === undefined) break;
      const attemptMs = Math.min(attemptTimeoutMs, leftMs);
      const reply = await ask(connection, attemptMs).catch((error: unknown) => {
        mayHaveEffect ||= isChange && wasSent(error);
        return undefined;
      });
      if (reply !== undefined && !reply.refused) return reply;
      const refusal = reply?.refused;
      const isFinal = refusal !== null && refusal !== undefined && !isForNow(refusal);
      if (isFinal) throw refusalError(refusal);
      finder.named(refusal?.leader);
      if (refusal?.leader === undefined) await wait(Math.min(pauseMs, leftMs));
    }
    if (mayHaveEffect) {
      const open = 'the leader has not said in time whether it has done it; it may yet';
      throw new ClusterError('outcomeUnknown', open);
    }
    const text = 'no leader was found in time: fewer than a majority of the servers are up';
    throw new ClusterError('noLeader', text);
  }
}

/** Unless the connection was never there. */
const wasSent = (error: unknown): boolean =>
  !/No connection established/.test((error as Partial<ServiceError> | undefined)?.details ?? '');

export const unreachableServer = (server: string): ClusterError =>
  new ClusterError('serverUnreachable', `the server ${server} cannot be reached`);

const isForNow = ({ reason }: Refused): boolean =>
  reason === 'REFUSAL_NOT_LEADER' || reason === 'REFUSAL_TRANSFERRING';

/** Reasons that a newer server may give, and that we do not know, are not among them. */
const refusalCodes: Readonly<Partial<Record<Refused['reason'], ClusterErrorCode>>> = {
  REFUSAL_NOT_LEADER: 'noLeader',
  REFUSAL_TOO_STALE: 'tooStale',
  REFUSAL_FORGOTTEN: 'forgotten',
  REFUSAL_FUTURE: 'future',
  REFUSAL_OVERLOADED: 'overloaded',
  REFUSAL_UNSAFE: 'unsafeChange',
  REFUSAL_NO_TRANSFER: 'cannotTransfer',
  REFUSAL_DISK_FULL: 'diskFull',
  REFUSAL_UNREADABLE: 'unreadable',
  REFUSAL_IDEMPOTENCY_FULL: 'idempotencyFull',
  REFUSAL_LEVEL: 'level',
  REFUSAL_TOO_LARGE: 'tooMuch',
  REFUSAL_WRONG_CLUSTER: 'refused',
};

export const refusalError = ({ reason, detail }: Refused): ClusterError =>
  new ClusterError(refusalCodes[reason] ?? 'notUnderstood', detail);
