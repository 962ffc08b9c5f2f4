/** What became of a batch: where it stands in the journal and in the log. */
export type Placement = {
  readonly batchId: string;
  /** Numbers of its first and last object; the journal counts from 1 without gap. */
  readonly first: number;
  readonly last: number;
  /** The log entry that holds it. */
  readonly term: number;
  readonly index: number;
};

/** The answer of the machines to one log entry. */
export type Result =
  | { readonly kind: 'sessionOpened'; readonly session: number }
  | {
      readonly kind: 'appended';
      readonly placement: Placement;
      /** An earlier entry had this effect already; this one had none. */
      readonly isReplay: boolean;
    }
  /** The idempotency key names another write. */
  | { readonly kind: 'keyConflict'; readonly placement: Placement }
  /** The session, or what it knew of this sequence, is forgotten: the first try may have worked. */
  | { readonly kind: 'sessionExpired' }
  /** The entry holds no command. It has no effect. */
  | { readonly kind: 'malformed' };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encodeResult = (result: Result): Uint8Array => encoder.encode(JSON.stringify(result));

/** The reverse of `encodeResult`; for bytes from a server of this cluster, which made them so. */
export const decodeResult = (bytes: Uint8Array): Result =>
  JSON.parse(decoder.decode(bytes)) as Result;
