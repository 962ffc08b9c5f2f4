import type { ByteString } from '../../codec/byte-string.ts';
import type { OldRecord } from './old-key-values.ts';

/** What became of a batch: where it stands in the journal and in the log. */
export type OldPlacement = {
  readonly batchId: string;
  /** Numbers of its first and last object; the journal counts from 1 without gap. */
  readonly first: number;
  readonly last: number;
  /** The log entry that holds it. */
  readonly term: number;
  readonly index: number;
};

/** The answer of the machines to one log entry. */
export type OldResult =
  | { readonly kind: 'sessionOpened'; readonly session: number }
  | {
      readonly kind: 'appended';
      readonly placement: OldPlacement;
      /** An earlier entry had this effect already; this one had none. */
      readonly isReplay: boolean;
      /** With an idempotency key: whatever was used within this time is remembered. */
      readonly windowMs?: number;
    }
  | {
      readonly kind: 'transacted';
      /** The log index: the revision of everything that it has written. */
      readonly revision: number;
      /** Which branch was taken. */
      readonly succeeded: boolean;
      readonly answers: readonly OldAnswer[];
    }
  /** The transaction has had no effect, because of its operation at `place`. */
  | {
      readonly kind: 'aborted';
      readonly revision: number;
      readonly place: number;
      readonly reason: AbortReason;
    }
  /** Time has passed: what was due has expired. */
  | { readonly kind: 'ticked' }
  /** The idempotency key names another write. */
  | { readonly kind: 'keyConflict'; readonly placement: OldPlacement }
  /** The room for idempotency keys is taken by such as are promised to be remembered. */
  | { readonly kind: 'idempotencyFull' }
  /** The session, or what it knew of this sequence, is forgotten: the first try may have worked. */
  | { readonly kind: 'sessionExpired' }
  /** The entry holds no command. It has no effect. */
  | { readonly kind: 'malformed' };

export type AbortReason =
  | 'notANumber'
  | 'outOfRange'
  | 'lockHeld'
  | 'staleToken'
  | 'answerTooLarge';

/** A key without its value. */
export type RecordView = Omit<OldRecord, 'value'> & { readonly bytes: number };

/** What became of one operation of a transaction. */
export type OldAnswer =
  | { readonly op: 'set'; readonly record: RecordView }
  | { readonly op: 'deleted'; readonly existed: boolean }
  | {
      readonly op: 'got';
      readonly record: RecordView | undefined;
      readonly value: ByteString | undefined;
    }
  | { readonly op: 'looked'; readonly record: RecordView | undefined }
  | { readonly op: 'added'; readonly record: RecordView; readonly value: ByteString }
  | { readonly op: 'appended'; readonly placement: OldPlacement | undefined }
  | { readonly op: 'locked'; readonly token: number; readonly ttlMs: number }
  | { readonly op: 'released' }
  | { readonly op: 'guarded' };
