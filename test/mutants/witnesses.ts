import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/* The seed that found each planted bug last time: tried first, so that a hunt needs no luck. */

export type Witnesses = Readonly<Record<string, number>>;

const path = 'test/mutants/witnesses.json';

export const readWitnesses = (): Witnesses =>
  z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(path, 'utf8')));

/** Adds those of a hunt to the ones that are kept, in the order of the names. */
export function keepWitnesses(found: Witnesses, known: readonly string[]): void {
  const all = Object.entries({ ...readWitnesses(), ...found }).filter(([name]) =>
    known.includes(name),
  );
  const sorted = all.sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
