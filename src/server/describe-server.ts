import { idempotencyFigures } from '../host/idempotency-room.ts';
import type { Description } from '../transport/generated/gossipraft/Description.ts';
import { writeConfig, writeGossipEntry } from '../transport/wire-gossip.ts';
import type { ServerContext } from './server-context.ts';

/** What the server says of itself, and of the others as far as it has heard of them. */
export function describeServer(context: ServerContext, leaseRemainingMs: number): Description {
  const { host, nodeId, transport, startedAtWallMs, counters, foreigners } = context;
  const { openChanges, isRecovering, damagedFiles, isDiskFull } = context;
  const { leader, config, facts } = host.view().describe(host.now());
  return {
    server: nodeId,
    ...(leader === undefined ? {} : { leader }),
    ...(config === undefined ? {} : { config: writeConfig(config) }),
    facts: facts.map(writeGossipEntry),
    connectedPeers: [...transport.connectedPeers()],
    startedAtWallMs,
    counters: {
      ...counters,
      readRounds: host.view().readRounds,
      ...idempotencyFigures(context),
    },
    leaseRemainingMs,
    foreigners: [...foreigners.recent()],
    openChanges: [...openChanges],
    isRecovering: isRecovering(),
    damagedFiles: [...damagedFiles()],
    isDiskFull: isDiskFull(),
  };
}
