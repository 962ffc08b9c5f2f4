import { commandTimeoutMs, withClient } from './with-client.ts';

/** `gossip-raft leader transfer`: hands the leadership over, and tells who leads then. */
export const transfer = (
  to: string | undefined,
  options: { readonly config: string },
): Promise<void> =>
  withClient(options, async client => {
    process.stdout.write(`${await client.transferLeadership(to, commandTimeoutMs)} leads\n`);
  });
