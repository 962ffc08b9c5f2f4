import type { ClusterClient } from '../client/cluster-client.ts';
import type { KeyPage } from '../client/key-query.ts';
import {
  type ByteString,
  bytesOf,
  endOfKey,
  endOfPrefix,
  utf8BytesOf,
} from '../state-machines/byte-string.ts';
import type { Answer } from '../state-machines/result.ts';
import { keyMaxBytes, type Operation } from '../state-machines/transaction.ts';
import { commandTimeoutMs as timeoutMs } from './with-client.ts';

/** A line that is no command; the message tells how it should look. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

type KvCommand = {
  readonly usage: string;
  readonly help: string;
  readonly words: { readonly min: number; readonly max: number };
  run(client: ClusterClient, words: readonly string[]): Promise<string>;
};

const pageLimit = 1000;

export const kvCommands: Readonly<Record<string, KvCommand>> = {
  SET: {
    usage: 'SET key value',
    help: 'puts a value under a key',
    words: { min: 2, max: 2 },
    async run(client, [key = '', value = '']) {
      const type = 'text/plain';
      const bytes = utf8BytesOf(value);
      await change(client, { op: 'set', key: keyOf(key), value: bytes, type, ttlMs: undefined });
      return 'OK';
    },
  },
  GET: {
    usage: 'GET key',
    help: 'tells the value; nothing when there is none',
    words: { min: 1, max: 1 },
    async run(client, [key = '']) {
      const start = keyOf(key);
      const page = await read(client, start, endOfKey(start), true);
      return page.items[0]?.value.toString() ?? '';
    },
  },
  DEL: {
    usage: 'DEL key',
    help: 'deletes a key; tells how many there were',
    words: { min: 1, max: 1 },
    async run(client, [key = '']) {
      const answer = await change(client, { op: 'delete', key: keyOf(key) });
      return answer?.op === 'deleted' && answer.existed ? '1' : '0';
    },
  },
  KEYS: {
    usage: 'KEYS [prefix]',
    help: 'lists the keys with a prefix, or all',
    words: { min: 0, max: 1 },
    async run(client, [prefix = '']) {
      let start: ByteString | undefined = utf8BytesOf(prefix);
      const end = prefix === '' ? start : endOfPrefix(start);
      const names: string[] = [];
      while (start !== undefined) {
        const page: KeyPage = await read(client, start, end, false);
        for (const { key } of page.items) names.push(bytesOf(key).toString());
        start = page.next;
      }
      return names.join('\n');
    },
  },
  INCR: {
    usage: 'INCR key [by]',
    help: 'adds to a whole number, and tells the sum',
    words: { min: 1, max: 2 },
    async run(client, [key = '', by = '1']) {
      if (!/^-?\d{1,15}$/.test(by)) throw new WrongUsage('INCR adds a whole number');
      const answer = await change(client, { op: 'add', key: keyOf(key), by: Number(by) });
      return answer?.op === 'added' ? answer.value : '';
    },
  },
};

const usages = (): string =>
  Object.values(kvCommands)
    .map(({ usage, help }) => `  ${usage.padEnd(16)} ${help}`)
    .join('\n');

export const kvHelp = (): string => `${usages()}\n  quotes hold blanks: SET greeting "hello world"`;

/** Runs the command that the words make, and returns what it prints. */
export async function runKvCommand(
  client: ClusterClient,
  [name = '', ...words]: readonly string[],
): Promise<string> {
  if (name.toUpperCase() === 'HELP') return kvHelp();
  const command = kvCommands[name.toUpperCase()];
  if (command === undefined) {
    const known = Object.keys(kvCommands).join(', ');
    throw new WrongUsage(`there is no command "${name}", only ${known}; HELP explains them`);
  }
  if (words.length < command.words.min || words.length > command.words.max) {
    throw new WrongUsage(`usage: ${command.usage}`);
  }
  return await command.run(client, words);
}

function keyOf(text: string): ByteString {
  const key = utf8BytesOf(text);
  if (key.length > 0 && key.length <= keyMaxBytes) return key;
  throw new WrongUsage(`a key has 1 to ${keyMaxBytes} bytes, this one has ${key.length}`);
}

const read = (
  client: ClusterClient,
  start: ByteString,
  end: ByteString,
  withValues: boolean,
): Promise<KeyPage> =>
  client.readKeys({ consistency: 'lease', start, end, limit: pageLimit, withValues }, timeoutMs);

async function change(client: ClusterClient, operation: Operation): Promise<Answer | undefined> {
  const transaction = { compare: [], success: [operation], failure: [] };
  const { result } = await client.transact(transaction, timeoutMs);
  if (result.kind === 'transacted') return result.answers[0];
  const isNumber = result.reason === 'outOfRange';
  throw new WrongUsage(
    isNumber ? 'the sum does not fit into 64 bits' : 'the value is not a whole number',
  );
}
