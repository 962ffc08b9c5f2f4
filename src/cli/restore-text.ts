import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import type { ClusterClient } from '../client/cluster-client.ts';
import { splitJsonArray } from '../codec/split-json-array.ts';
import { StartupError } from '../errors/startup-error.ts';
import {
  type RestoredCommand,
  restoredCommand,
  UnreadableLine,
} from '../machines/frame/command-lines.ts';
import { keyRange } from '../machines/keys/key-range.ts';
import type { Transaction } from '../machines/transaction.ts';
import { snapshotWord } from '../server/text-records.ts';
import { withClient } from './with-client.ts';

const timeoutMs = 30_000;
/** Under way at a time; the session keeps them in their order. */
const inFlightMax = 100;

/**
 * `gossip-raft restore --from-text logs.txt`: makes an empty store what the lines tell of. All
 * lines are read before the first is carried out, so a file with an error changes nothing.
 */
export async function restoreText(path: string, options: { config: string }): Promise<void> {
  const commands = readCommands(resolve(path));
  if (commands.length === 0) {
    throw new StartupError(`${path} tells of nothing that could be restored; name another file`);
  }
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} lines, {eta_formatted} left' },
    Presets.shades_classic,
  );
  await withClient(options, async client => {
    await requireEmpty(client);
    bar.start(commands.length, 0);
    const running = new Set<Promise<void>>();
    for (const command of commands) {
      const done: Promise<void> = carryOut(client, command).then(() => {
        running.delete(done);
        bar.increment();
      });
      running.add(done);
      if (running.size >= inFlightMax) await Promise.race(running);
    }
    await Promise.all(running);
  }).finally(() => bar.stop());
  process.stdout.write(`restored from ${commands.length} lines of ${path}\n`);
}

function readCommands(path: string): RestoredCommand[] {
  return textOf(path)
    .split('\n')
    .flatMap((line, place) => {
      if (line.trim() === '') return [];
      if (line.startsWith(`${snapshotWord} `)) {
        throw new StartupError(
          `line ${place + 1} of ${path} stands for entries that came in a snapshot; use the ` +
            'records of another server, or a backup',
        );
      }
      try {
        return restoredCommand(line) ?? [];
      } catch (error) {
        if (!(error instanceof UnreadableLine)) throw error;
        throw new StartupError(`line ${place + 1} of ${path} cannot be read: ${error.message}`);
      }
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartupError(`${path} cannot be read (${code}); name a logs.txt of a server`);
  }
}

async function requireEmpty(client: ClusterClient): Promise<void> {
  const query = keyRange({ limit: 1, countOnly: true });
  const { answer } = await client.query('keys.range', query, { consistency: 'lease' }, timeoutMs);
  const { lastSeq } = await client.readEntries({ from: 1, limit: 1 }, timeoutMs);
  if (answer.count === 0 && lastSeq === 0) return;
  throw new StartupError(
    'the store is not empty; restore into a new cluster, so that nothing is mixed or lost',
  );
}

async function carryOut(client: ClusterClient, command: RestoredCommand): Promise<void> {
  const transaction = command.type === 'putAll' ? appendOf(command.data) : command.transaction;
  await client.transact(transaction, { timeoutMs });
}

function appendOf(data: Uint8Array): Transaction {
  const count = splitJsonArray(data).length;
  const append = { op: 'journal.append', batchId: randomUUID(), count, data } as const;
  return { compare: [], success: [append], failure: [] };
}
