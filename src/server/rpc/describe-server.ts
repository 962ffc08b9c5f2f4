import { idempotencyFigures } from '../../host/admission.ts';
import { ReadGate } from '../../host/read-gate.ts';
import type { DescribeServerReply } from '../../transport/generated/gossipraft/DescribeServerReply.ts';
import type { DescribeServerRequest__Output as DescribeServerRequest } from '../../transport/generated/gossipraft/DescribeServerRequest.ts';
import type { Description } from '../../transport/generated/gossipraft/Description.ts';
import { writeConfig, writeGossipEntry } from '../../transport/wire-gossip.ts';
import { version } from '../../version.ts';
import type { ServerContext } from '../server-context.ts';
import type { Unary } from './handlers.ts';

/** DescribeServer: what it says of itself, and of the others as far as it has heard of them. */
export const describeServer = (
  context: ServerContext,
): Unary<DescribeServerRequest, DescribeServerReply> => {
  const gate = new ReadGate(context);
  return (_, reply) => reply({ description: describe(context, gate.leaseRemainingMs()) });
};

function describe(context: ServerContext, leaseRemainingMs: number): Description {
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
    version,
    commandLevel: context.applyLoop.state.level,
  };
}
