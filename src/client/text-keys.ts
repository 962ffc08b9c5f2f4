import {
  type ByteString,
  bytesOf,
  endOfKey,
  endOfPrefix,
  utf8BytesOf,
} from '../codec/byte-string.ts';
import { keyMaxBytes } from '../machines/keys/item.ts';
import { keyRange } from '../machines/keys/key-range.ts';
import type { Answer, Operation, QueryAnswer } from '../machines/machines.ts';
import type { ClusterClient } from './cluster-client.ts';

/** A key or a value that does not allow what was asked for; nothing was changed. */
export class UnfitKey extends Error {
  override readonly name = 'UnfitKey';
}

type Page = QueryAnswer<'keys.range'>;
const pageLimit = 1000;

/** Keys and values as texts. All reads are linearizable; all writes are atomic and durable. */
export class TextKeys {
  readonly #client: ClusterClient;
  readonly #timeoutMs: number;

  constructor(client: ClusterClient, options: { readonly timeoutMs: number }) {
    this.#client = client;
    this.#timeoutMs = options.timeoutMs;
  }

  /** The value; undefined when there is none. */
  async get(key: string): Promise<string | undefined> {
    const start = keyOf(key);
    const page = await this.#read(start, endOfKey(start), true);
    const value = page.items[0]?.value;
    return value === undefined ? undefined : bytesOf(value).toString();
  }

  /** Puts a value under a key, for ever or for so many milliseconds. */
  async set(key: string, value: string, options: { readonly ttlMs?: number } = {}): Promise<void> {
    const type = 'text/plain';
    const bytes = utf8BytesOf(value);
    const { ttlMs } = options;
    const place = { key: keyOf(key), value: bytes, type };
    const life = { ttlMs, lease: undefined, wantsPrevious: false };
    await this.#change({ op: 'keys.put', ...place, ...life });
  }

  /** Whether there was something to delete. */
  async delete(key: string): Promise<boolean> {
    const start = keyOf(key);
    const range = { start, end: endOfKey(start), wantsPrevious: false };
    const answer = await this.#change({ op: 'keys.delete', ...range });
    return answer?.op === 'keys.delete' && answer.deleted > 0;
  }

  /** Adds to a whole number (0 where there is none), and tells the sum in decimal digits. */
  async add(key: string, by: number): Promise<string> {
    const answer = await this.#change({ op: 'keys.add', key: keyOf(key), by });
    return answer?.op === 'keys.add' ? (answer.item.value ?? '') : '';
  }

  /** All keys with the prefix, in the order of their bytes. */
  async list(prefix: string): Promise<string[]> {
    let start: ByteString | undefined = utf8BytesOf(prefix);
    const end = prefix === '' ? start : endOfPrefix(start);
    const names: string[] = [];
    while (start !== undefined) {
      const page: Page = await this.#read(start, end, false);
      for (const { key } of page.items) names.push(bytesOf(key).toString());
      start = page.next;
    }
    return names;
  }

  async #read(start: ByteString, end: ByteString, withValues: boolean): Promise<Page> {
    const query = keyRange({ start, end, limit: pageLimit, withValues });
    const demand = { consistency: 'lease' } as const;
    return (await this.#client.query('keys.range', query, demand, this.#timeoutMs)).answer;
  }

  async #change(operation: Operation): Promise<Answer | undefined> {
    const transaction = { compare: [], success: [operation], failure: [] };
    const { result } = await this.#client.transact(transaction, { timeoutMs: this.#timeoutMs });
    if (result.type === 'done') return result.answers[0];
    throw new UnfitKey(problems[result.reason] ?? `it could not be done: ${result.reason}`);
  }
}

const problems: Readonly<Record<string, string>> = {
  notANumber: 'the value is not a whole number',
  outOfRange: 'the sum does not fit into 64 bits',
  reservedKey: 'keys that begin with a zero byte are not for people',
};

function keyOf(text: string): ByteString {
  const key = utf8BytesOf(text);
  if (key.length > 0 && key.length <= keyMaxBytes) return key;
  throw new UnfitKey(`a key has 1 to ${keyMaxBytes} bytes, this one has ${key.length}`);
}
