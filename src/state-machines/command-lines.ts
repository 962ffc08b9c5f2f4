import { byteStringOf, utf8BytesOf } from '../codec/byte-string.ts';
import { UnfinishedLine, wordsOf } from '../events/quoted-words.ts';
import { isTransaction, type Operation, type Transaction } from './transaction.ts';

/** A line that no server of ours writes; the message says what is wrong with it. */
export class UnreadableLine extends Error {
  override readonly name = 'UnreadableLine';
}

/** What a line of logs.txt asks for again; undefined when it left nothing that could be kept. */
export type RestoredCommand =
  | { readonly kind: 'transact'; readonly transaction: Transaction }
  | { readonly kind: 'putAll'; readonly data: Uint8Array };

const withoutTrace = new Set([
  'NO-OP',
  'SESSION',
  'TICK',
  'MALFORMED',
  'REPEATED',
  'REFUSED',
  'GET',
]);
/** Locks are not restored: who held one cannot know that the cluster is another one. */
const locks = new Set(['ACQUIRE', 'RENEW', 'RELEASE', 'GUARD']);

/** Reads a line as `commandText` writes it, with the term at its end. */
export function restoredCommand(line: string): RestoredCommand | undefined {
  const words = split(line);
  const term = words.pop();
  if (term === undefined || !/^\d+$/.test(term)) {
    throw new UnreadableLine('there is no term at its end');
  }
  const [name = '', ...rest] = words;
  if (withoutTrace.has(name) || locks.has(name)) return undefined;
  if (name === 'PUT_ALL') {
    return { kind: 'putAll', data: Buffer.from(rest[0] ?? '', 'utf8') };
  }
  return { kind: 'transact', transaction: transactionOf(name, rest) };
}

function split(line: string): string[] {
  try {
    return wordsOf(line);
  } catch (error) {
    if (error instanceof UnfinishedLine) throw new UnreadableLine(error.message);
    throw error;
  }
}

function transactionOf(name: string, words: readonly string[]): Transaction {
  const transaction = name === 'TXN' ? parsed(words[0]) : only(operationOf(name, words));
  const { compare, success, failure } = transaction;
  const areLists = [compare, success, failure].every(Array.isArray);
  if (areLists && isTransaction(transaction)) return transaction;
  throw new UnreadableLine(`${name} is not followed by what it needs`);
}

const only = (operation: Operation): Transaction => ({
  compare: [],
  success: [operation],
  failure: [],
});

function operationOf(name: string, [key = '', value = '', ...rest]: readonly string[]): Operation {
  const place = utf8BytesOf(key);
  switch (name) {
    case 'SET':
      return { op: 'set', key: place, value: utf8BytesOf(value), ...qualities(rest) };
    case 'SET_BASE64': {
      const bytes = byteStringOf(Buffer.from(value, 'base64'));
      return { op: 'set', key: place, value: bytes, ...qualities(rest) };
    }
    case 'DEL':
      return { op: 'delete', key: place };
    case 'INCR':
      return { op: 'add', key: place, by: Number(value) };
    default:
      throw new UnreadableLine(`"${name}" is no operation`);
  }
}

/** TYPE and TTL; a time to live begins anew. */
function qualities(words: readonly string[]): { type: string; ttlMs: number | undefined } {
  const fields = new Map<string, string>();
  for (let place = 0; place < words.length; place += 2) {
    fields.set(words[place] ?? '', words[place + 1] ?? '');
  }
  const ttl = fields.get('TTL');
  const type = fields.get('TYPE') ?? 'text/plain';
  return { type, ttlMs: ttl === undefined ? undefined : Number(ttl) };
}

function parsed(text: string | undefined): Transaction {
  try {
    return (JSON.parse(text ?? '') ?? {}) as Transaction;
  } catch {
    throw new UnreadableLine('TXN is not followed by a transaction in JSON');
  }
}
