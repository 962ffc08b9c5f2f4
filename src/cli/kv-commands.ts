import type { TextKeys } from '../client/text-keys.ts';

/** A line that is no command; the message tells how it should look. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

type KvCommand = {
  readonly usage: string;
  readonly help: string;
  readonly words: { readonly min: number; readonly max: number };
  run(keys: TextKeys, words: readonly string[]): Promise<string>;
};

export const kvCommands: Readonly<Record<string, KvCommand>> = {
  SET: {
    usage: 'SET key value',
    help: 'puts a value under a key',
    words: { min: 2, max: 2 },
    async run(keys, [key = '', value = '']) {
      await keys.set(key, value);
      return 'OK';
    },
  },
  GET: {
    usage: 'GET key',
    help: 'tells the value; nothing when there is none',
    words: { min: 1, max: 1 },
    run: async (keys, [key = '']) => (await keys.get(key)) ?? '',
  },
  DEL: {
    usage: 'DEL key',
    help: 'deletes a key; tells how many there were',
    words: { min: 1, max: 1 },
    run: async (keys, [key = '']) => ((await keys.delete(key)) ? '1' : '0'),
  },
  KEYS: {
    usage: 'KEYS [prefix]',
    help: 'lists the keys with a prefix, or all',
    words: { min: 0, max: 1 },
    run: async (keys, [prefix = '']) => (await keys.list(prefix)).join('\n'),
  },
  INCR: {
    usage: 'INCR key [by]',
    help: 'adds to a whole number, and tells the sum',
    words: { min: 1, max: 2 },
    async run(keys, [key = '', by = '1']) {
      if (!/^-?\d{1,15}$/.test(by)) throw new WrongUsage('INCR adds a whole number');
      return await keys.add(key, Number(by));
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
  keys: TextKeys,
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
  return await command.run(keys, words);
}
