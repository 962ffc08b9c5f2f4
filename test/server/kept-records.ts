import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogIndex, NodeId, Term } from '../../src/consensus/types.ts';
import { TextRecords } from '../../src/server/text-records.ts';

const before = 'NO-OP 1\nSET name1 Jaggu 1\n';

/** A folder in which a server has kept records, readable by everybody as they once were. */
class OldRecords {
  readonly root = mkdtempSync(join(tmpdir(), 'gossip-raft-records-'));
  readonly folder = join(this.root, 'logs_node_0');

  constructor() {
    mkdirSync(this.folder);
    this.write('logs.txt', before);
    chmodSync(join(this.folder, 'logs.txt'), 0o644);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** The names of what was kept aside. */
  startAndStop(isNew: boolean, lineCount = 0): string {
    const kept: string[] = [];
    const records = new TextRecords({
      self: 'n0' as NodeId,
      root: this.root,
      lineCount,
      isNew,
      onKept: path => kept.push(path.slice(this.folder.length + 1)),
      standing: () => ({ term: 1 as Term, commitIndex: 0 as LogIndex, vote: undefined }),
      onFailure: error => {
        throw error;
      },
    });
    records.close();
    return kept.join();
  }
}

type Check = {
  readonly what: string;
  readonly find: (records: OldRecords) => unknown;
  readonly is: unknown;
};

export const recordChecks: readonly Check[] = [
  {
    what: 'a start with an empty data directory keeps the lines of before aside',
    find: records => [
      records.startAndStop(true),
      records.read('logs.before.txt'),
      records.read('logs.txt'),
    ],
    is: ['logs.before.txt', before, ''],
  },
  {
    what: 'what was kept aside is never written over',
    find: records => {
      records.startAndStop(true);
      records.write('logs.txt', 'NO-OP 7\n');
      return [
        records.startAndStop(true),
        records.startAndStop(true),
        records.read('logs.before.txt'),
      ];
    },
    is: ['logs.before.2.txt', '', before],
  },
  {
    what: 'a start with the old directory writes what is applied anew anew, and keeps nothing',
    find: records => [records.startAndStop(false, 1), records.read('logs.txt')],
    is: ['', 'NO-OP 1\n'],
  },
  {
    what: 'nobody else may read the records',
    find: records => {
      records.startAndStop(true);
      records.startAndStop(false);
      return readdirSync(records.folder)
        .map(name => `${name} ${(statSync(join(records.folder, name)).mode & 0o777).toString(8)}`)
        .sort((a, b) => (a < b ? -1 : 1));
    },
    is: ['dump.txt 600', 'logs.before.txt 600', 'logs.txt 600', 'metadata.txt 600'],
  },
];

/** What the check finds, in a folder of its own. */
export function findIn({ find }: Check): unknown {
  const records = new OldRecords();
  try {
    return find(records);
  } finally {
    rmSync(records.root, { recursive: true });
  }
}
