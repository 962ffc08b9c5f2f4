import { decode, encode } from '../../codec/shape.ts';
import { count, fields, flag, oneOf } from '../../codec/shapes.ts';
import { type TransactionResult, transactionResultVariants } from '../transaction.ts';

/** What has become of one transaction in the log, for whoever has asked for it. */
export type Result =
  | TransactionResult
  /** It had an idempotency key. */
  | {
      readonly type: 'remembered';
      readonly result: TransactionResult;
      /** The entry that has had the effect. */
      readonly term: number;
      readonly index: number;
      /** It was an earlier entry: this one has had none. */
      readonly isReplay: boolean;
      /** Whatever was used within this time is remembered. */
      readonly windowMs: number;
    }
  /** The idempotency key was used for another request. */
  | { readonly type: 'keyReused' }
  /** The room for idempotency keys is taken by such as are promised to be remembered. */
  | { readonly type: 'idempotencyFull' }
  /** The session, or what it knew of this sequence, is forgotten: the first try may have worked. */
  | { readonly type: 'sessionExpired' };

export const transactionResultShape = oneOf<TransactionResult>('type', transactionResultVariants);

export const resultShape = oneOf<Result>('type', {
  ...transactionResultVariants,
  remembered: {
    code: 3,
    shape: fields({
      result: transactionResultShape,
      term: count(),
      index: count(),
      isReplay: flag,
      windowMs: count(),
    }),
  },
  keyReused: { code: 4, shape: fields({}) },
  idempotencyFull: { code: 5, shape: fields({}) },
  sessionExpired: { code: 6, shape: fields({}) },
});

export const encodeResult = (result: Result): Buffer => encode(resultShape, result);

/** Throws MalformedBytes. */
export const decodeResult = (bytes: Uint8Array): Result => decode(resultShape, bytes);
