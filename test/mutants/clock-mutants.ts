import { inFile, type Mutant, machineMutant, mutant } from './mutant.ts';

const stamps = 'consensus/stamps.ts';
const expiry = 'host/expiry.ts';
const idempotency = 'machines/frame/idempotency-keys.ts';

/** Time that jumps, stands still, or is counted twice; and state that forgets with it. */
export const clockMutants: readonly Mutant[] = [
  machineMutant(
    'a leader whose clock is behind repeats the last stamp of its log',
    inFile(stamps, 'stampOf({ leadership }: Replica', 'stampOf({ leadership, log }: Replica'),
    inFile(
      stamps,
      'return stampAt(leadership.stampsFrom, now);',
      'return Math.max(wallMs, log.tail.at(-1)?.wallMs ?? 0) as WallMs;',
    ),
  ),
  machineMutant(
    'stamps follow the wall clock, which is set while its leader leads',
    inFile(stamps, 'return stampAt(leadership.stampsFrom, now);', 'return wallMs;'),
  ),
  machineMutant(
    'the clocks of two leaders are compared',
    inFile('machines/frame/log-clock.ts', 'term === clock.term ?', 'clock.term > 0 ?'),
  ),
  mutant(
    'nobody lets time pass when nobody writes',
    inFile(expiry, 'if (delayMs <= 0) this.#tick();', 'if (delayMs === 0.5) this.#tick();'),
  ),
  mutant(
    'a leader ticks once in its life',
    inFile(
      expiry,
      'requests.appliedAt(answer.position, () => {\n          this.#isProposed = false;\n',
      'requests.appliedAt(answer.position, () => {\n',
    ),
  ),
  machineMutant(
    'a full room forgets idempotency keys however young they are',
    inFile(
      idempotency,
      'if (!isOver || ageMs < limits.promisedMs) return;',
      'if (!isOver) return;',
    ),
  ),
  machineMutant(
    'an idempotency key that is past its time still answers',
    inFile(idempotency, ' && nowMs - use.atMs < limits.lifetimeMs ?', ' ?'),
  ),
  machineMutant(
    'idempotency keys behind one that was forgotten are not found',
    inFile('machines/frame/use-table.ts', '      slots[gap] = next;\n      gap = slot;\n', ''),
  ),
];
