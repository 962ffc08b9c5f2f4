import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { clientOf } from '../client/client-of.ts';
import { TextKeys, UnfitKey } from '../client/text-keys.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import { UnfinishedLine, wordsOf } from '../events/quoted-words.ts';
import { runKvCommand, WrongUsage } from './kv-commands.ts';
import { commandTimeoutMs } from './with-client.ts';

/** `gossip-raft kv`: one command, or one after the other at a prompt. */
export async function kv(words: readonly string[], options: { config: string }): Promise<void> {
  const client = clientOf(loadConfiguration(resolve(options.config)), { connectsAtOnce: false });
  try {
    const keys = new TextKeys(client, { timeoutMs: commandTimeoutMs });
    if (words.length > 0) await runOne(keys, words);
    else await runLines(keys);
  } finally {
    client.close();
  }
}

async function runOne(keys: TextKeys, words: readonly string[]): Promise<void> {
  const problem = await tellResult(() => runKvCommand(keys, words));
  if (problem !== undefined) process.exitCode = problem instanceof ClusterError ? 1 : 2;
}

async function runLines(keys: TextKeys): Promise<void> {
  const isPerson = process.stdin.isTTY === true;
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: isPerson,
  });
  lines.setPrompt(isPerson ? '> ' : '');
  lines.on('SIGINT', () => lines.close());
  lines.prompt();
  for await (const line of lines) {
    if (['exit', 'quit'].includes(line.trim().toLowerCase())) break;
    if (line.trim() !== '') {
      const problem = await tellResult(() => runKvCommand(keys, wordsOf(line)));
      if (problem !== undefined && !isPerson) process.exitCode = 1;
    }
    lines.prompt();
  }
  lines.close();
}

/** Prints the answer; or the one sentence that says what is wrong, which is returned. */
async function tellResult(run: () => Promise<string>): Promise<Error | undefined> {
  try {
    process.stdout.write(`${await run()}\n`);
    return undefined;
  } catch (error) {
    const isExpected =
      error instanceof WrongUsage ||
      error instanceof UnfitKey ||
      error instanceof UnfinishedLine ||
      error instanceof ClusterError;
    if (!isExpected) throw error;
    process.stderr.write(`${error.message}\n`);
    return error;
  }
}
