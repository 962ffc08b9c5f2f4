import type { ServerContext } from './server-context.ts';

/** How current a server is that answers a read. */
export function serverView({ host, nodeId, applyLoop }: ServerContext) {
  const { term, leader, knownCommitIndex } = host.view();
  return {
    server: nodeId,
    term,
    appliedIndex: applyLoop.state.appliedIndex,
    knownCommitIndex,
    ...(leader === undefined ? {} : { leader }),
  };
}
