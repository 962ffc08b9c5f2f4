import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../src/simulation/random.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import { DurableJsonAdapter, Metadata } from '../../src/storage/metadata.ts';
import { newDocument } from '../../src/storage/metadata-document.ts';

/** The directories that a mutation can take something from. */
export type Scene = {
  /** Of the server that is stopped, and whose files are damaged. */
  readonly victim: string;
  /** Of another one, that runs. */
  readonly other: string;
  /** Copies of the victim's directory: of its last stop but one, and of the one before that. */
  readonly older: readonly string[];
  readonly random: Random;
};

/** What may come of it. */
export type Expectation =
  /** The server serves, and has everything again by itself. */
  | 'heals'
  /** It does not start, or it stops, with a sentence. */
  | 'refuses'
  | 'either';

export type Mutation = {
  readonly what: string;
  readonly expected: Expectation;
  /** Damages something; undefined: there is nothing like it, or it would be as before. */
  apply(scene: Scene): Damage | undefined;
};

type Damage = {
  readonly file: string;
  /** When the server serves, it has told its operator of the file. */
  readonly isTold: boolean;
};

/** A sound file, and what there is beside it. */
type Subject = {
  readonly name: string;
  readonly content: Buffer;
  /** How much of it is more than zeros in advance. */
  readonly usedBytes: number;
  readonly random: Random;
};

/** What becomes of the content; undefined: the file goes. */
type Way = readonly [string, (subject: Subject) => Buffer | undefined];

/** Nobody misses what they take: behind the last entry of a file anything may stand. */
const harmless = ['is there twice over', 'has lost its last byte'];

const cut = (part: number): Way => [
  `is cut after ${100 * part} % of it`,
  ({ content, usedBytes }) => content.subarray(0, Math.floor(usedBytes * part)),
];
const zeros = (what: string, from: number, sizeBytes: number): Way => [
  `has ${sizeBytes} zeros ${what}`,
  ({ content, usedBytes }) => {
    const start = Math.max(0, Math.min(Math.floor(usedBytes * from), usedBytes - sizeBytes));
    return Buffer.from(content).fill(0, start, Math.min(start + sizeBytes, usedBytes));
  },
];
const flip = (part: number): Way => [
  `has a flipped bit at ${100 * part} % of it`,
  ({ content, usedBytes, random }) => {
    const broken = Buffer.from(content);
    const spread = Math.min(40, usedBytes >> 3);
    const place = Math.min(usedBytes - 1, Math.floor(usedBytes * part) + random.below(spread + 1));
    broken[place] = (broken[place] ?? 0) ^ (1 << random.below(8));
    return broken;
  },
];

const ways: readonly Way[] = [
  ['is gone', () => undefined],
  ['is empty', () => Buffer.alloc(0)],
  ['is zeros', ({ content }) => Buffer.alloc(content.length)],
  ['is there twice over', ({ content, usedBytes }) => twice(content, usedBytes)],
  ['has lost its last byte', ({ content, usedBytes }) => content.subarray(0, usedBytes - 1)],
  cut(0.2),
  cut(0.5),
  cut(0.9),
  zeros('at its head', 0, 8),
  zeros('at its head', 0, 96),
  zeros('at its head', 0, 512),
  zeros('in the middle', 0.5, 512),
  zeros('at its end', 1, 200),
  flip(0),
  flip(0.2),
  flip(0.4),
  flip(0.6),
  flip(0.8),
];

const twice = (content: Buffer, usedBytes: number): Buffer =>
  Buffer.concat([content.subarray(0, usedBytes), content.subarray(0, usedBytes)]);

type Kind = {
  readonly what: string;
  readonly pattern: RegExp;
  readonly expected: Expectation;
  /** The files of the kind, the oldest first. */
  readonly place: 'oldest' | 'middle' | 'newest';
  /** Is its operator told of it, when it was damaged so? */
  readonly isTold: (how: string, usedBytes: number) => boolean;
};

const inLog = {
  pattern: /\.wal$/,
  expected: 'heals',
  // In a small one a tenth of it is a mark, which nobody needs.
  isTold: (how: string, usedBytes: number) => !harmless.includes(how) && usedBytes > 2000,
} as const;
const inArchive = { pattern: /\.jrn$/, expected: 'heals', isTold: () => true } as const;
const kinds: readonly Kind[] = [
  { what: 'the oldest log file', ...inLog, place: 'oldest' },
  { what: 'a log file in the middle', ...inLog, place: 'middle' },
  { what: 'the newest log file', ...inLog, place: 'newest' },
  { what: 'the oldest archive file', ...inArchive, place: 'oldest' },
  { what: 'an archive file in the middle', ...inArchive, place: 'middle' },
  { what: 'the newest archive file', ...inArchive, place: 'newest' },
  {
    what: 'the snapshot',
    pattern: /\.snap$/,
    expected: 'heals',
    place: 'newest',
    isTold: how => how !== 'is gone',
  },
  {
    what: 'metadata.json',
    pattern: /^metadata\.json$/,
    // A flipped bit may fall into the white space of the text, which means nothing.
    expected: 'either',
    place: 'newest',
    isTold: () => false,
  },
];

export function filesOf(directory: string, pattern: RegExp): string[] {
  const numberIn = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);
  return readdirSync(directory)
    .filter(name => pattern.test(name))
    .sort((a, b) => numberIn(a) - numberIn(b));
}

function fileOf(directory: string, { pattern, place }: Kind): string | undefined {
  const names = filesOf(directory, pattern);
  const places = { oldest: 0, middle: names.length >> 1, newest: names.length - 1 };
  return names[places[place]];
}

const inOneFile = (kind: Kind, [how, change]: Way): Mutation => ({
  what: `${kind.what} ${how}`,
  expected: kind.expected,
  apply: ({ victim, random }) => {
    const name = fileOf(victim, kind);
    if (name === undefined) return undefined;
    const path = join(victim, name);
    const content = readFileSync(path);
    const usedBytes = content.findLastIndex(byte => byte !== 0) + 1;
    const broken = change({ name, content, usedBytes, random });
    if (broken?.equals(content) === true) return undefined;
    if (broken === undefined) rmSync(path);
    else writeFileSync(path, broken);
    return { file: name, isTold: kind.isTold(how, usedBytes) };
  },
});

/** Another content under the name: an older one of the same file, or one of another file. */
const exchanged = (
  kind: Kind,
  how: string,
  expected: Expectation,
  find: (scene: Scene, name: string) => string | undefined,
): Mutation => ({
  what: `${kind.what} is exchanged for ${how}`,
  expected,
  apply: scene => {
    const name = fileOf(scene.victim, kind);
    const source = name === undefined ? undefined : find(scene, name);
    if (name === undefined || source === undefined || !existsSync(source)) return undefined;
    const [path, content] = [join(scene.victim, name), readFileSync(source)];
    if (content.equals(readFileSync(path))) return undefined;
    writeFileSync(path, content);
    return { file: name, isTold: false };
  },
});

const exchanges = (kind: Kind): Mutation[] => [
  exchanged(kind, 'its older version', kind.expected, ({ older }, name) =>
    older[0] === undefined ? undefined : join(older[0], name),
  ),
  exchanged(kind, 'an older one of its kind', kind.expected, ({ older }) => {
    const [directory] = older.slice(-1);
    const name = directory === undefined ? undefined : fileOf(directory, kind);
    return directory === undefined || name === undefined ? undefined : join(directory, name);
  }),
  exchanged(kind, 'another one of its directory', kind.expected, ({ victim }, name) => {
    const beside = filesOf(victim, kind.pattern).filter(one => one !== name);
    return beside[0] === undefined ? undefined : join(victim, beside[0]);
  }),
  // What is the same in all servers may be taken; what bears the mark of another one may not.
  exchanged(kind, 'one of another server', 'either', ({ other }) => {
    const name = fileOf(other, kind);
    return name === undefined ? undefined : join(other, name);
  }),
];

const allGone = (what: string, pattern: RegExp): Mutation => ({
  what,
  expected: 'heals',
  apply: ({ victim }) => {
    const names = filesOf(victim, pattern);
    for (const name of names) rmSync(join(victim, name));
    const file = names.at(-1);
    // Of a snapshot that is gone nobody knows.
    return file === undefined ? undefined : { file, isTold: !file.endsWith('.snap') };
  },
});

const replaced = (
  what: string,
  expected: Expectation,
  pattern: RegExp,
  find: (scene: Scene) => string | undefined,
): Mutation => ({
  what,
  expected,
  apply: scene => {
    const source = find(scene);
    if (source === undefined || !existsSync(source)) return undefined;
    for (const name of filesOf(scene.victim, pattern)) rmSync(join(scene.victim, name));
    for (const name of filesOf(source, pattern)) {
      cpSync(join(source, name), join(scene.victim, name), { recursive: true });
    }
    return { file: '', isTold: false };
  },
});

/** As after a crash between a snapshot and what follows it, and with the log gone besides. */
const neverArchived: Mutation = {
  what: 'what was to go to the archive is neither there nor in the log',
  expected: 'heals',
  apply: ({ victim }) => {
    const [last, newest] = filesOf(victim, /\.jrn$/).slice(-2);
    if (last === undefined || newest === undefined) return undefined;
    const [throughIndex, , lastSeq] = last.match(/\d+/g)?.map(Number) ?? [];
    const adapter = new DurableJsonAdapter(join(victim, 'metadata.json'), nodeFileSystem);
    const owner = { clusterName: '', nodeId: '', directoryId: '-' };
    const metadata = new Metadata(adapter, newDocument(owner));
    const firstSeq = metadata.archiveFloor?.firstSeq ?? 1;
    metadata.update({
      archiveFloor: { firstSeq, lastSeq: lastSeq ?? 0, throughIndex: throughIndex ?? 0 },
    });
    for (const name of [newest, ...filesOf(victim, /\.wal$/)]) rmSync(join(victim, name));
    return { file: newest, isTold: true };
  },
};

const everything = /^(?!lock$|damaged-)/;
const directories: readonly Mutation[] = [
  neverArchived,
  allGone('all log files are gone', /\.wal$/),
  allGone('all archive files are gone', /\.jrn$/),
  allGone('log and snapshot are gone', /\.(wal|snap)$/),
  allGone('log and archive are gone', /\.(wal|jrn)$/),
  allGone('snapshot and archive are gone', /\.(snap|jrn)$/),
  allGone('everything but the metadata is gone', /\.(wal|snap|jrn)$/),
  replaced('the directory is a copy that is a boot old', 'refuses', everything, s => s.older[0]),
  replaced('the directory is a copy that is two boots old', 'refuses', everything, s => s.older[1]),
  replaced('log, archive, snapshot are a boot old', 'heals', /\.(wal|jrn|snap)$/, s => s.older[0]),
  replaced('log, archive, snapshot: two boots old', 'heals', /\.(wal|jrn|snap)$/, s => s.older[1]),
  replaced('the log is a boot old', 'heals', /\.wal$/, s => s.older[0]),
  replaced('the archive is two boots old', 'heals', /\.jrn$/, s => s.older[1]),
  replaced('the snapshot is two boots old', 'heals', /\.snap$/, s => s.older[1]),
  replaced('the directory is that of another server', 'refuses', everything, s => s.other),
  replaced('the log is that of another server', 'refuses', /\.wal$/, s => s.other),
  replaced('the archive is that of another server', 'either', /\.jrn$/, s => s.other),
];

export const mutations: readonly Mutation[] = [
  ...kinds.flatMap(kind => [...ways.map(way => inOneFile(kind, way)), ...exchanges(kind)]),
  ...directories,
];

/** The same ways, for a file that is no server's. */
export const damagesOf = (name: string, content: Buffer, random: Random) =>
  ways.flatMap(([how, change]) => {
    const broken = change({ name, content, usedBytes: content.length, random });
    return broken === undefined || broken.equals(content) ? [] : [{ how, broken }];
  });
