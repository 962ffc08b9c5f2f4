import { resolve } from 'node:path';
import { loadConfiguration } from '../config/load-configuration.ts';
import type { LogFormat } from '../logging/event-log.ts';
import { runServer } from '../server/run-server.ts';
import { fail } from './fail.ts';
import { FileFollower } from './follow-file.ts';
import { onEverybodyStops, tellParent } from './parent-words.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/** `gossip-raft server NAME`: runs one server until it is told to stop. */
export async function serve(options: {
  readonly name: string;
  readonly config: string;
  readonly dataDir?: string;
  readonly logFormat: LogFormat;
  readonly textRecords?: boolean;
}): Promise<void> {
  const configuration = loadConfiguration(resolve(options.config));
  const server = await runServer({
    nodeId: options.name,
    configuration,
    dataRoot: options.dataDir === undefined ? configuration.dataRoot : resolve(options.dataDir),
    logFormat: options.logFormat,
    hasTextRecords: options.textRecords === true,
    // What failed may be the disk: nothing more is tried, and nothing more is acknowledged.
    onFatal: () => process.exit(1),
    onRemoved: () => {
      tellParent('isRemoved');
      server.stop().then(() => process.exit(0), fail);
    },
  });
  const follower = new FileFollower(configuration, server);
  onEverybodyStops(server.silence);
  stopOnSignal(() => {
    follower.stop();
    return server.stop();
  });
  tellParent('serves');
}
