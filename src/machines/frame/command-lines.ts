import { MalformedBytes } from '../../codec/byte-reader.ts';
import { type ByteString, byteStringOf, endOfKey, utf8BytesOf } from '../../codec/byte-string.ts';
import { decode, encode } from '../../codec/shape.ts';
import { UnfinishedLine, wordsOf } from '../../events/quoted-words.ts';
import type { Operation } from '../machines.ts';
import { type Transaction, transactionShape } from '../transaction.ts';
import { transactionOfJson } from './command-text.ts';

/** A line that no server of ours writes; the message says what is wrong with it. */
export class UnreadableLine extends Error {
  override readonly name = 'UnreadableLine';
}

/** What a line of logs.txt asks for again; undefined when it left nothing that could be kept. */
export type RestoredCommand =
  | { readonly type: 'transact'; readonly transaction: Transaction }
  | { readonly type: 'putAll'; readonly data: Uint8Array };

/** Before what shares an entry with the line before it. */
export const sameEntryMark = '&';

const withoutTrace = new Set([
  'NO-OP',
  'SESSION',
  'TICK',
  'LEVEL',
  'MALFORMED',
  'REPEATED',
  'REFUSED',
  'GET',
  'GET_RAW',
  'KEYS',
  'KEYS_RAW',
  'COMPACT',
  'KEEP',
]);
/** Not restored: who held something cannot know that the cluster is another one. */
const held = new Set([
  'ACQUIRE',
  'RENEW',
  'RELEASE',
  'LEAVE',
  'GUARD',
  'GRANT',
  'REVOKE',
  'EXPIRE',
]);

/** Reads a line as `commandTexts` writes it, with the term at its end. */
export function restoredCommand(line: string): RestoredCommand | undefined {
  const words = split(line);
  if (words[0] === sameEntryMark) words.shift();
  const term = words.pop();
  if (term === undefined || !/^\d+$/.test(term)) {
    throw new UnreadableLine('there is no term at its end');
  }
  const [name = '', ...rest] = words;
  if (withoutTrace.has(name) || held.has(name)) return undefined;
  if (name === 'PUT_ALL') {
    return { type: 'putAll', data: Buffer.from(rest[0] ?? '', 'utf8') };
  }
  const transaction = transactionOf(name, rest);
  return transaction && { type: 'transact', transaction };
}

function split(line: string): string[] {
  try {
    return wordsOf(line);
  } catch (error) {
    if (error instanceof UnfinishedLine) throw new UnreadableLine(error.message);
    throw error;
  }
}

function transactionOf(name: string, words: readonly string[]): Transaction | undefined {
  try {
    if (name === 'TXN') return checked(parsed(words[0]));
    const operation = operationOf(name, words);
    return operation && checked({ compare: [], success: [operation], failure: [] });
  } catch (error) {
    const isOfLine = error instanceof MalformedBytes || error instanceof TypeError;
    if (!isOfLine && !(error instanceof RangeError)) throw error;
    throw new UnreadableLine(`${name} is not followed by what it needs`);
  }
}

/** Whoever has read it need not check it again. Throws what the codec throws. */
const checked = (transaction: Transaction): Transaction =>
  decode(transactionShape, encode(transactionShape, transaction));

function operationOf(name: string, words: readonly string[]): Operation | undefined {
  const [first = '', second = '', ...rest] = words;
  const text = utf8BytesOf;
  const raw = (base64: string): ByteString => byteStringOf(Buffer.from(base64, 'base64'));
  switch (name) {
    case 'SET':
      return put(text(first), text(second), rest);
    case 'SET_BASE64':
      return put(text(first), raw(second), rest);
    case 'SET_RAW':
      return put(raw(first), raw(second), rest);
    case 'DEL':
      return remove(text(first), endOfKey(text(first)));
    case 'DEL_RAW':
      return remove(raw(first), endOfKey(raw(first)));
    case 'DEL_RANGE':
      return remove(text(first), text(second));
    case 'DEL_RANGE_RAW':
      return remove(raw(first), raw(second));
    case 'INCR':
      return { op: 'keys.add', key: text(first), by: Number(second) };
    case 'INCR_RAW':
      return { op: 'keys.add', key: raw(first), by: Number(second) };
    default:
      throw new UnreadableLine(`"${name}" is no operation`);
  }
}

/** TYPE and TTL; a time to live begins anew. What hung on a lease is gone with it. */
function put(key: ByteString, value: ByteString, words: readonly string[]): Operation | undefined {
  const qualities = new Map<string, string>();
  for (let place = 0; place < words.length; place += 2) {
    qualities.set(words[place] ?? '', words[place + 1] ?? '');
  }
  if (qualities.has('LEASE')) return undefined;
  const ttl = qualities.get('TTL');
  const type = qualities.get('TYPE') ?? 'text/plain';
  const ttlMs = ttl === undefined ? undefined : Number(ttl);
  return { op: 'keys.put', key, value, type, ttlMs, lease: undefined, wantsPrevious: false };
}

const remove = (start: ByteString, end: ByteString): Operation => ({
  op: 'keys.delete',
  start,
  end,
  wantsPrevious: false,
});

function parsed(text: string | undefined): Transaction {
  try {
    return transactionOfJson(text ?? '') as Transaction;
  } catch {
    throw new UnreadableLine('TXN is not followed by a transaction in JSON');
  }
}
