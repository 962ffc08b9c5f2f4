import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runSeed } from '../../src/simulation/run-seed.ts';
import type { Mutant } from './mutant.ts';
import { plant } from './plant.ts';
import { readWitnesses, type Witnesses } from './witnesses.ts';

export type MutantResult = {
  readonly name: string;
  readonly tookMs: number;
  readonly found:
    | { readonly checker: string; readonly what: string; readonly seed?: number }
    | undefined;
};

const run = promisify(execFile);
const parallel = 2;

/** Hunts these mutants, each in a process of its own. */
export async function runMutants(
  onResult: (result: MutantResult) => void,
  wanted: readonly Mutant[],
): Promise<MutantResult[]> {
  const waiting = [...wanted];
  const witnesses = readWitnesses();
  const results: MutantResult[] = [];
  const worker = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const result = await huntOne(mutant, witnesses);
      results.push(result);
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return results;
}

async function huntOne(mutant: Mutant, witnesses: Witnesses): Promise<MutantResult> {
  const folder = plant(mutant);
  const startedAt = performance.now();
  const witness = witnesses[mutant.name];
  const rooms = new Set(mutant.edits.map(({ file }) => file.split('/')[1]));
  const how = [mutant.focus ?? 'all', [...rooms].join()];
  if (witness !== undefined) how.push(String(witness));
  const hunt = join(folder, 'test/mutants/hunt.js');
  const { stdout } = await run(process.execPath, [hunt, ...how]);
  rmSync(folder, { recursive: true });
  const found = (JSON.parse(stdout) ?? undefined) as MutantResult['found'];
  const tookMs = performance.now() - startedAt;
  return { name: mutant.name, tookMs, found: (await isOurFault(found)) ? undefined : found };
}

/** A seed that fails without the bug, too, has not found it. */
const isOurFault = async (found: MutantResult['found']): Promise<boolean> =>
  found?.seed !== undefined && (await runSeed(found.seed)).type === 'failed';
