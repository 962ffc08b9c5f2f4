import type { ByteString } from '../../codec/byte-string.ts';
import { byteString, count, word } from '../../codec/shapes.ts';
import type { Draft } from '../draft.ts';
import { condition } from '../machine.ts';
import { look } from './change.ts';
import { boundShape } from './item.ts';
import type { KeyRecord } from './record.ts';
import { rangeOf } from './reserved.ts';
import { keysIn } from './select.ts';
import { keysSlot } from './state.ts';

type Relation = '=' | '!=' | '<' | '>';
type Bounds = { readonly start: ByteString; readonly end: ByteString };

const bounds = { start: boundShape, end: boundShape };
const is = word<Relation>('=', '!=', '<', '>');

function isRelated<T extends string | number>(left: T, is: Relation, right: T): boolean {
  if (is === '=') return left === right;
  if (is === '!=') return left !== right;
  return is === '<' ? left < right : left > right;
}

/** Whether it holds for every key of the range; one without keys is like a key that is absent. */
function holdsInRange(
  draft: Draft,
  range: Bounds,
  holds: (record: KeyRecord | undefined) => boolean,
): boolean {
  let isEmpty = true;
  for (const [, record] of keysIn(draft.get(keysSlot), rangeOf(range))) {
    if (!holds(record)) return false;
    isEmpty = false;
    look(draft, 1);
  }
  return !isEmpty || holds(undefined);
}

/** An absent key has version, revisions and lease 0. */
const numberOf = (field: 'version' | 'createRevision' | 'modRevision' | 'lease', code: number) =>
  condition({
    code,
    takes: { ...bounds, is, number: count() },
    holds: (draft, { is, number, ...range }) =>
      holdsInRange(draft, range, record => isRelated(record?.[field] ?? 0, is, number)),
  });

export const version = numberOf('version', 1);
export const createRevision = numberOf('createRevision', 2);
export const modRevision = numberOf('modRevision', 3);
export const lease = numberOf('lease', 4);

/** An absent key has no value: it differs from every one, and is less or more than none. */
export const value = condition({
  code: 5,
  takes: { ...bounds, is, value: byteString() },
  holds: (draft, { is, value, ...range }) =>
    holdsInRange(draft, range, record =>
      record === undefined ? is === '!=' : isRelated(record.value, is, value),
    ),
});
