import { randomUUID } from 'node:crypto';
import { addressText } from '../addresses.ts';
import { type LoadedConfiguration, membersHashOf } from '../config/load-configuration.ts';
import { createReplica } from '../consensus/protocol.ts';
import type { Replica } from '../consensus/replica.ts';
import type {
  ClusterId,
  Config,
  Limits,
  ListedServer,
  NodeId,
  Timings,
} from '../consensus/types.ts';
import { knownLevel } from '../machines/transaction.ts';
import type { ServerStorage } from '../storage/server-storage.ts';
import { mebibyte } from '../words.ts';
import type { LoadedState } from './load-state.ts';
import { machineClock } from './real-world.ts';

/** The replica as its disk and the configuration make it. */
export function bootReplica(
  configuration: LoadedConfiguration,
  nodeId: string,
  { metadata, recovered, loaded }: ServerStorage<LoadedState>,
): Replica {
  const listedServers = Object.entries(configuration.nodes).map(([id, node]) => ({
    id: id as NodeId,
    address: addressText(node),
  }));
  return createReplica({
    identity: {
      clusterName: configuration.clusterName,
      proposedClusterId: randomUUID() as string as ClusterId,
      id: nodeId as NodeId,
      directoryId: metadata.directoryId,
      incarnation: metadata.incarnation,
      listedServers,
      membersHash: membersHashOf(configuration) + originOf(metadata.config, loaded),
      commandLevel: knownLevel,
    },
    persistent: {
      term: metadata.term,
      vote: metadata.vote,
      config: withAddresses(metadata.config, listedServers),
      remembered: metadata,
      applied: loaded.position,
      log: recovered,
    },
    timings: timingsFor(configuration),
    limits: limitsFor(configuration),
    seed: Math.floor(Math.random() * 2 ** 31),
    now: machineClock.monotonicNow(),
  });
}

/** Servers that were restored from a backup found a cluster only with those of the same one. */
const originOf = (config: Config | undefined, { position, origin }: LoadedState): string =>
  config === undefined && position.index > 0 ? `-${position.index}-${origin ?? ''}` : '';

/** Data directories of version 0.1 know no addresses: the file does. */
function withAddresses(
  config: Config | undefined,
  listed: readonly ListedServer[],
): Config | undefined {
  if (config === undefined) return undefined;
  const fromFile = (id: NodeId): string => listed.find(one => one.id === id)?.address ?? '';
  const members = config.members.map(member => ({
    ...member,
    address: member.address || fromFile(member.id),
  }));
  return { ...config, members };
}

/** Quartz clocks are off by 0.01 %, but daemons that mend the time slew them: chrony by 8.3 %. */
const clockDriftMax = 0.1;

export const timingsFor = ({ timing }: LoadedConfiguration): Timings => ({
  heartbeatIntervalMs: timing.heartbeatMs,
  electionTimeoutMs: timing.electionMs,
  leaseMs: timing.leaseMs,
  clockDriftMax,
});

function limitsFor({ limits }: LoadedConfiguration): Limits {
  return {
    batchMaxBytes: mebibyte,
    pullWindowBytes: 8 * mebibyte,
    tailMaxBytes: limits.tailMaxBytes,
    uncommittedMaxBytes: limits.uncommittedMaxBytes,
    depthMax: 3,
  };
}
