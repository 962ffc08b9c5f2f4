import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Trial } from './damage-run.ts';

/** Runs trials in a process of their own. Returns what went wrong, as sentences. */
export async function forkDamage(
  options: { readonly seed: number; readonly count: number },
  onTrial: (trial: Trial) => void,
): Promise<string[]> {
  const path = fileURLToPath(new URL('damage-process.js', import.meta.url));
  const child = fork(path, [String(options.seed), String(options.count)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps'],
  });
  const problems: string[] = [];
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-10_000);
  });
  child.on('message', (trial: Trial) => {
    onTrial(trial);
    if (trial.outcome === 'FAILED') problems.push(`${trial.what}: ${trial.text}`);
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) problems.push(`the process ended with ${code}: ${words}`);
  return problems;
}
