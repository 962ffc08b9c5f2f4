/**
 * `gossip-raft/client`: a client of the cluster, for programs.
 *
 * ```js
 * import { connect, TextKeys } from 'gossip-raft/client';
 *
 * const client = connect({ config: 'cluster-configuration.json' });
 * const keys = new TextKeys(client, { timeoutMs: 5000 });
 * await keys.set('greeting', 'hello');
 * console.log(await keys.get('greeting'));
 * client.close();
 * ```
 */
import { resolve } from 'node:path';
import { loadConfiguration } from '../config/load-configuration.ts';
import { clientOf } from './client-of.ts';
import type { ClusterClient } from './cluster-client.ts';

export {
  type ByteString,
  byteStringOf,
  bytesOf,
  endOfKey,
  endOfPrefix,
  utf8BytesOf,
} from '../codec/byte-string.ts';
export {
  ClusterError,
  type ClusterErrorCode,
  clusterErrors,
  type Outcome,
} from '../errors/cluster-error.ts';
export { StartupError } from '../errors/startup-error.ts';
export type { Idempotency } from '../machines/frame/command.ts';
export { type KeyRangeQuery, keyRange } from '../machines/keys/key-range.ts';
export type {
  Answer,
  Condition,
  Operation,
  QueryAnswer,
  QueryFields,
  QueryName,
  WatchChange,
  WatchFilter,
  WatchName,
} from '../machines/machines.ts';
export type { Transaction, TransactionResult } from '../machines/transaction.ts';
export {
  ClusterClient,
  type ClusterClientOptions,
  type ServerDescription,
  type TransactAnswer,
  type TransactOptions,
} from './cluster-client.ts';
export type { JournalPage } from './journal-page.ts';
export type { MachineWatch, WatchOptions } from './machine-watch.ts';
export type { ConsistencyName, Read, ReadDemand, ReadView } from './query.ts';
export { TextKeys, UnfitKey } from './text-keys.ts';

export type ConnectOptions = {
  /** The configuration file; else that which `GOSSIP_RAFT_CONFIG` names, or the one here. */
  readonly config?: string;
};

/**
 * A client of the cluster that a configuration file describes. It follows the leader and the
 * members, and keeps the process alive until it is closed. Throws a StartupError with one sentence
 * when the file cannot be used; its methods reject with a ClusterError, whose `outcome` says
 * whether a write may have had an effect.
 */
export function connect({
  config = process.env['GOSSIP_RAFT_CONFIG'] ?? 'cluster-configuration.json',
}: ConnectOptions = {}): ClusterClient {
  return clientOf(loadConfiguration(resolve(config)), { connectsAtOnce: false });
}
