import type { ByteString } from '../../codec/byte-string.ts';

/** Where a version of a key stands among the others of its key. */
export type Link = {
  /** The change set that has made it. */
  readonly modRevision: number;
  /** The change that has made it, and that knows the version before it. */
  readonly place: number;
  /**
   * The change that knows a version far before it: from version to version a reader gets to any of
   * n in O(log n) steps (Myers 1983). Numbers, not references: what is compacted is forgotten by
   * dropping the oldest changes, without a look at the keys that they have changed.
   */
  readonly jump: number;
  /** Versions before it, forgotten or not. */
  readonly depth: number;
};

/** What stands under a key. */
export type KeyRecord = Link & {
  readonly value: ByteString;
  /** The content type of the value, as it was posted. */
  readonly type: string;
  /** Writes since the key was created, the first included. */
  readonly version: number;
  readonly createRevision: number;
  /** The lease that it hangs on; 0: none. */
  readonly lease: number;
  /** The fencing token, where the key is a lock; else 0. */
  readonly token: number;
};

/** From its revision on there is nothing under the key. */
export type Tombstone = Link & { readonly value: undefined };

export type Version = KeyRecord | Tombstone;

export const isRecord = (version: Version | undefined): version is KeyRecord =>
  version?.value !== undefined;
