import { dirname } from 'node:path';
import { LowSync, type SyncAdapter } from 'lowdb';
import { nextIncarnation } from '../consensus/incarnation.ts';
import type {
  ClusterId,
  Config,
  DirectoryId,
  KnownBoot,
  NodeId,
  Position,
  Term,
} from '../consensus/types.ts';
import type { FileSystem } from './file-system.ts';
import type { DurableFacts, MetadataStore } from './log-store.ts';
import {
  type ArchiveFloor,
  decodeMetadata,
  encodeMetadata,
  type LogFloor,
  type MetadataDocument,
} from './metadata-document.ts';

/**
 * Writes a document so that a crash leaves the old one or the new one, whole: to a temporary
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
    return text === undefined ? null : decodeMetadata(text, this.#path);
  }

  write(document: MetadataDocument): void {
    const temporary = `${this.#path}.new`;
    this.#fileSystem.writeAndSync(temporary, encodeMetadata(document));
    this.#fileSystem.rename(temporary, this.#path);
    this.#fileSystem.syncDirectory(dirname(this.#path));
  }
}

/** What may be changed together: all of it is durable, or nothing. */
export type MetadataPatch = Partial<
  DurableFacts & { readonly logFloor: LogFloor; readonly archiveFloor: ArchiveFloor }
>;

/** Term, vote and configuration on the disk. Every change is durable when the call returns. */
export class Metadata implements MetadataStore {
  readonly #low: LowSync<MetadataDocument>;

  constructor(adapter: SyncAdapter<MetadataDocument>, initial: MetadataDocument) {
    this.#low = new LowSync(adapter, initial);
    this.#low.read();
  }

  get clusterName(): string {
    return this.#low.data.clusterName;
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
    const clusterId = config.clusterId as ClusterId | undefined;
    return { clusterId, id: config.id as Config['id'], members };
  }

  get leaseOwedMs(): number | undefined {
    return this.#low.data.leaseOwedMs;
  }

  get isDeparted(): boolean {
    return this.#low.data.isDeparted;
  }

  get isRecovering(): boolean {
    return this.#low.data.isRecovering;
  }

  get isOutdated(): boolean {
    return this.#low.data.isOutdated;
  }

  get knownBoots(): readonly KnownBoot[] {
    return this.#low.data.knownBoots as readonly KnownBoot[];
  }

  get committed(): Position | undefined {
    return this.#low.data.committed as Position | undefined;
  }

  get removedFrom(): Position | undefined {
    return this.#low.data.removedFrom as Position | undefined;
  }

  /** Undefined in a directory that was made before floors were kept. */
  get logFloor(): LogFloor | undefined {
    return this.#low.data.logFloor;
  }

  /** Undefined in a directory that was made before, or has archived nothing yet. */
  get archiveFloor(): ArchiveFloor | undefined {
    return this.#low.data.archiveFloor;
  }

  /** How the file differs from what is known, which was written into it; undefined: it does not. */
  get damage(): string | undefined {
    try {
      const found = this.#low.adapter.read();
      if (found === null) return 'it is missing';
      const isSame = encodeMetadata(found) === encodeMetadata(this.#low.data);
      return isSame ? undefined : 'it holds something else than this server has written';
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Counts this boot, before anything is said in it; `draw`: from 0 to below 1. */
  beginIncarnation(draw: number): void {
    this.#write({ ...this.#low.data, incarnation: nextIncarnation(this.incarnation, draw) });
  }

  persistVote(term: Term, vote: NodeId | undefined): void {
    this.update({ term, vote });
  }

  persistConfig(config: Config): void {
    this.update({ config });
  }

  /** Changes the named fields, and leaves the others as they are. */
  update(patch: MetadataPatch): void {
    this.#write({ ...this.#low.data, ...patch });
  }

  #write(document: MetadataDocument): void {
    const before = this.#low.data;
    this.#low.data = document;
    try {
      this.#low.write();
    } catch (error) {
      // What is not on the disk is not known either.
      this.#low.data = before;
      throw error;
    }
  }
}
