import { dirname } from 'node:path';
import { LowSync, type SyncAdapter } from 'lowdb';
import { z } from 'zod';
import type { Config, DirectoryId, NodeId, Term } from '../consensus/types.ts';
import { StartupError } from '../errors/startup-error.ts';
import type { FileSystem } from './file-system.ts';
import type { MetadataStore } from './log-store.ts';

export const formatVersion = 1;

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
const documentShape = z.object({
  formatVersion: count,
  clusterId: z.string(),
  nodeId: z.string(),
  directoryId: z.string().min(1),
  incarnation: count,
  term: count,
  vote: z.string().optional(),
  config: z
    .object({ id: z.object({ term: count, version: count }), members: z.array(memberShape) })
    .optional(),
});
export type MetadataDocument = z.infer<typeof documentShape>;

/**
 * Writes a JSON document so that a crash leaves the old one or the new one, whole: to a temporary
 * file, synced, renamed over the old one, and the folder synced. (lowdb's own file adapter syncs
 * nothing.)
 */
export class DurableJsonAdapter implements SyncAdapter<MetadataDocument> {
  readonly #path: string;
  readonly #fileSystem: FileSystem;

  constructor(path: string, fileSystem: FileSystem) {
    this.#path = path;
    this.#fileSystem = fileSystem;
  }

  read(): MetadataDocument | null {
    const text = this.#fileSystem.readTextIfPresent(this.#path);
    return text === undefined ? null : parse(text, this.#path);
  }

  write(document: MetadataDocument): void {
    const temporary = `${this.#path}.new`;
    this.#fileSystem.writeAndSync(temporary, `${JSON.stringify(document, undefined, 2)}\n`);
    this.#fileSystem.rename(temporary, this.#path);
    this.#fileSystem.syncDirectory(dirname(this.#path));
  }
}

function parse(text: string, path: string): MetadataDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON');
  }
  const found = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof found === 'number' && found > formatVersion) {
    throw new StartupError(
      `${path} has format version ${found}, this program reads up to ${formatVersion}; ` +
        'start the newer program that wrote it',
    );
  }
  const result = documentShape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged(
    path,
    `${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'unreadable'}`,
  );
}

const damaged = (path: string, what: string): StartupError =>
  new StartupError(
    `${path} is damaged (${what}), and with it this server's vote; ` +
      'replace this server by one with an empty data directory',
  );

/** Term, vote and configuration on the disk. Every change is durable when the call returns. */
export class Metadata implements MetadataStore {
  readonly #low: LowSync<MetadataDocument>;

  constructor(adapter: SyncAdapter<MetadataDocument>, initial: MetadataDocument) {
    this.#low = new LowSync(adapter, initial);
    this.#low.read();
  }

  get clusterId(): string {
    return this.#low.data.clusterId;
  }

  get nodeId(): string {
    return this.#low.data.nodeId;
  }

  get directoryId(): DirectoryId {
    return this.#low.data.directoryId as DirectoryId;
  }

  get incarnation(): number {
    return this.#low.data.incarnation;
  }

  get term(): Term {
    return this.#low.data.term as Term;
  }

  get vote(): NodeId | undefined {
    return this.#low.data.vote as NodeId | undefined;
  }

  get config(): Config | undefined {
    const { config } = this.#low.data;
    if (config === undefined) return undefined;
    const members = config.members.map(({ id, directoryId, ...member }) => ({
      ...member,
      id: id as NodeId,
      directoryId: directoryId as DirectoryId | undefined,
    }));
    return { id: config.id as Config['id'], members };
  }

  /** Counts this boot, before anything is said in it. */
  beginIncarnation(): void {
    this.#write({ ...this.#low.data, incarnation: this.incarnation + 1 });
  }

  persistVote(term: Term, vote: NodeId | undefined): void {
    const { vote: _, ...rest } = this.#low.data;
    this.#write(vote === undefined ? { ...rest, term } : { ...rest, term, vote });
  }

  persistConfig(config: Config): void {
    this.#write({
      ...this.#low.data,
      config: {
        id: config.id,
        members: config.members.map(({ directoryId, ...member }) =>
          directoryId === undefined ? member : { ...member, directoryId },
        ),
      },
    });
  }

  #write(document: MetadataDocument): void {
    this.#low.data = document;
    this.#low.write();
  }
}
