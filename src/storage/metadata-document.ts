import { createHash } from 'node:crypto';
import { z } from 'zod';
import { StartupError } from '../errors/startup-error.ts';
import { leaseMaxMs } from '../words.ts';

/** Version 1 had no checksum; such files are read once, and written anew at the same start. */
export const formatVersion = 2;

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const memberShape = z.object({
  id: z.string(),
  // Not there before version 0.2; the configuration file knows it then.
  address: z.string().default(''),
  directoryId: z.string().optional(),
  isVoter: z.boolean(),
  isLeaving: z.boolean().default(false),
  hasMoved: z.boolean().default(false),
});
const positionShape = z.object({ term: count, index: count });
/** What the log held for certain, so that one that holds less is never taken for a shorter one. */
const logFloorShape = z.object({
  /** Where the oldest file begins. */
  firstIndex: count,
  /** Where the newest file begins: it is there, or something was lost. */
  newestFirstIndex: count,
  /** Everything up to this entry was on the disk. */
  durableIndex: count,
});
export type LogFloor = z.infer<typeof logFloorShape>;

/** What the archive of posted objects holds, so that a file that is missing is noticed. */
const archiveFloorShape = z.object({
  /** Older objects were dropped, as the retention says. */
  firstSeq: count,
  lastSeq: count,
  /** All posted objects of the log up to this entry are in it. */
  throughIndex: count,
});
export type ArchiveFloor = z.infer<typeof archiveFloorShape>;

/**
 * All that `metadata.json` holds. A field that is added here needs a default (for files that were
 * written before), and is changed by `Metadata.update`.
 */
const documentShape = z.object({
  formatVersion: count,
  clusterName: z.string(),
  nodeId: z.string(),
  directoryId: z.string().min(1),
  /** Counts the boots, with some digits that are drawn. */
  incarnation: count,
  term: count,
  vote: z.string().optional(),
  config: z
    .object({
      /** Not there before version 0.2: the next leader gives the cluster one. */
      clusterId: z.string().min(1).optional(),
      id: z.object({ term: count, version: count }),
      members: z.array(memberShape).readonly(),
    })
    .optional(),
  /** The longest lease that it owes a leader. Not kept in version 1: it may owe its own then. */
  leaseOwedMs: z.number().nonnegative().max(leaseMaxMs).optional(),
  /** It has left its cluster, and a majority of the others is known to do without it. */
  isDeparted: z.boolean().default(false),
  /** It lost a part of its log, and does not yet hold again what a leader has confirmed since. */
  isRecovering: z.boolean().default(false),
  /** It was put back from an older copy, and has heard so. */
  isOutdated: z.boolean().default(false),
  /** The newest boots of the others that it has heard of. */
  knownBoots: z
    .array(z.object({ id: z.string(), directoryId: z.string(), incarnation: count }))
    .readonly()
    .default([]),
  /** Known to be committed; never removed. */
  committed: positionShape.optional(),
  /** Where entries were removed last: the first of them, with the term of the last of them. */
  removedFrom: positionShape.optional(),
  logFloor: logFloorShape.optional(),
  archiveFloor: archiveFloorShape.optional(),
});
export type MetadataDocument = z.infer<typeof documentShape>;

/** Of a directory that has never been used. */
export const newDocument = (
  owner: Pick<MetadataDocument, 'clusterName' | 'nodeId' | 'directoryId'>,
): MetadataDocument =>
  documentShape.parse({ ...owner, formatVersion, incarnation: 0, term: 0, leaseOwedMs: 0 });

/** The text of the file, with a checksum of everything in it. */
export function encodeMetadata(document: MetadataDocument): string {
  const content = { ...document, formatVersion };
  const problem = problemOf(documentShape.safeParse(content).error);
  // The next start would refuse it: better none.
  if (problem !== undefined) throw new Error(`metadata.json would not be readable: ${problem}`);
  return `${JSON.stringify({ ...content, checksum: checksumOf(content) }, undefined, 2)}\n`;
}

/** What a file holds. Throws a StartupError that says what is wrong, and what to do. */
export function decodeMetadata(text: string, path: string): MetadataDocument {
  const { checksum, ...content } = parse(text, path);
  const found = content['formatVersion'];
  if (typeof found === 'number' && found > formatVersion) {
    throw new StartupError(
      `${path} has format version ${found}, this program reads up to ${formatVersion}; ` +
        'start the newer program that wrote it',
    );
  }
  const isOfVersion1 = found === 1 && checksum === undefined;
  if (!isOfVersion1 && checksum !== checksumOf(content)) {
    throw damaged(path, 'it is not as this server wrote it: its checksum is of other content');
  }
  const result = documentShape.safeParse(withClusterName(content));
  if (result.success) return result.data;
  throw damaged(path, problemOf(result.error) ?? 'unreadable');
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    throw damaged(path, 'it is not a JSON object');
  }
}

/** Before version 0.2 the name of the cluster was taken for its identity, and called so. */
const withClusterName = ({ clusterId, ...content }: Record<string, unknown>): object =>
  clusterId === undefined ? content : { ...content, clusterName: clusterId };

/** Of the content alone: how the text is laid out does not matter. */
const checksumOf = (content: object): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);

function problemOf(error: z.ZodError | undefined): string | undefined {
  const [issue] = error?.issues ?? [];
  return issue && `${issue.path.join('.') || 'the document'}: ${issue.message}`;
}

const damaged = (path: string, what: string): StartupError =>
  new StartupError(
    `${path} is damaged (${what}), and with it this server's vote; put back the file as it ` +
      'was, or replace this server by one with an empty data directory (member replace)',
  );
