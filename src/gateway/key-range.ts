import type { z } from 'zod';
import { type ByteString, endOfKey, endOfPrefix } from '../codec/byte-string.ts';
import { rangeField } from './key-parameters.ts';

/* Which keys are meant: those with a prefix, or those from `start` on and before `end`. */

export const rangeFields = {
  prefix: rangeField().optional(),
  start: rangeField().optional(),
  end: rangeField().optional(),
};

type Range = {
  readonly key?: ByteString | undefined;
  readonly prefix?: ByteString | undefined;
  readonly start?: ByteString | undefined;
  readonly end?: ByteString | undefined;
};
export type Bounds = { readonly start: ByteString; readonly end: ByteString };

/** A prefix and bounds are two answers to one question. */
export function checkRange({ key, prefix, start, end }: Range, context: z.RefinementCtx): void {
  const refuse = (field: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [field], message });
  const isRange = start !== undefined || end !== undefined;
  if (key !== undefined && (prefix !== undefined || isRange)) {
    refuse('key', 'but "prefix", "start" or "end" is given, too: use a single key or a range');
  }
  if (prefix !== undefined && isRange) {
    refuse('prefix', 'but "start" or "end" is given, too: use either a prefix or a range');
  }
  if (start !== undefined && end !== undefined && end !== '' && start >= end) {
    refuse('end', 'which is not behind "start": there is no key between them');
  }
}

/** An empty end is none. */
export function boundsOf(range: Range): Bounds {
  const {
    key,
    prefix = '' as ByteString,
    start = '' as ByteString,
    end = '' as ByteString,
  } = range;
  if (key !== undefined) return { start: key, end: endOfKey(key) };
  return prefix === '' ? { start, end } : { start: prefix, end: endOfPrefix(prefix) };
}
