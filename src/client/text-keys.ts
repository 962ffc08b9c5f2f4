import {
  type ByteString,
  bytesOf,
  endOfKey,
  endOfPrefix,
  utf8BytesOf,
} from '../codec/byte-string.ts';
import type { Answer } from '../state-machines/result.ts';
import { keyMaxBytes, type Operation } from '../state-machines/transaction.ts';
import type { ClusterClient } from './cluster-client.ts';
import type { KeyPage } from './key-query.ts';

/** A key or a value that does not allow what was asked for; nothing was changed. */
export class UnfitKey extends Error {
  override readonly name = 'UnfitKey';
}

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
    return page.items[0]?.value.toString();
  }

  /** Puts a value under a key, for ever or for so many milliseconds. */
  async set(key: string, value: string, options: { readonly ttlMs?: number } = {}): Promise<void> {
    const type = 'text/plain';
    const bytes = utf8BytesOf(value);
    const { ttlMs } = options;
    await this.#change({ op: 'set', key: keyOf(key), value: bytes, type, ttlMs });
  }

  /** Whether there was something to delete. */
  async delete(key: string): Promise<boolean> {
    const answer = await this.#change({ op: 'delete', key: keyOf(key) });
    return answer?.op === 'deleted' && answer.existed;
  }

  /** Adds to a whole number (0 where there is none), and tells the sum in decimal digits. */
  async add(key: string, by: number): Promise<string> {
    const answer = await this.#change({ op: 'add', key: keyOf(key), by });
    return answer?.op === 'added' ? answer.value : '';
  }

  /** All keys with the prefix, in the order of their bytes. */
  async list(prefix: string): Promise<string[]> {
    let start: ByteString | undefined = utf8BytesOf(prefix);
    const end = prefix === '' ? start : endOfPrefix(start);
    const names: string[] = [];
    while (start !== undefined) {
      const page: KeyPage = await this.#read(start, end, false);
      for (const { key } of page.items) names.push(bytesOf(key).toString());
      start = page.next;
    }
    return names;
  }

  #read(start: ByteString, end: ByteString, withValues: boolean): Promise<KeyPage> {
    const range = { start, end, limit: pageLimit, withValues };
    return this.#client.readKeys({ consistency: 'lease', ...range }, this.#timeoutMs);
  }

  async #change(operation: Operation): Promise<Answer | undefined> {
    const transaction = { compare: [], success: [operation], failure: [] };
    const { result } = await this.#client.transact(transaction, this.#timeoutMs);
    if (result.kind === 'transacted') return result.answers[0];
    const isNumber = result.reason === 'outOfRange';
    throw new UnfitKey(
      isNumber ? 'the sum does not fit into 64 bits' : 'the value is not a whole number',
    );
  }
}

function keyOf(text: string): ByteString {
  const key = utf8BytesOf(text);
  if (key.length > 0 && key.length <= keyMaxBytes) return key;
  throw new UnfitKey(`a key has 1 to ${keyMaxBytes} bytes, this one has ${key.length}`);
}
