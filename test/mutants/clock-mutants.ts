import { inFile, type Mutant, machineMutant, mutant } from './mutant.ts';

const stamps = 'consensus/stamps.ts';
const expiry = 'host/expiry.ts';
const transactions = 'state-machines/apply-transaction.ts';
const keys = 'state-machines/key-values.ts';
const idempotency = 'state-machines/idempotency-keys.ts';
const capture = 'state-machines/state-capture.ts';

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
      'requests.resultAt(answer.position, () => {\n          this.#isProposed = false;\n',
      'requests.resultAt(answer.position, () => {\n',
    ),
  ),
  machineMutant(
    'an absent key is less than every value',
    inFile(
      transactions,
      "if (record === undefined) return comparison.is === '!=';",
      "if (record === undefined) return comparison.is === '!=' || comparison.is === '<';",
    ),
  ),
  machineMutant(
    'a key that is counted up never ends',
    inFile(
      transactions,
      'const ttlMs = expiresAtMs === undefined ? undefined : expiresAtMs - draft.entry.nowMs;',
      'const ttlMs = undefined;',
    ),
  ),
  machineMutant(
    'a holder that repeats its acquire shortens its lock',
    inFile(transactions, 'Math.max(held?.expiresAtMs ?? 0, ', 'Math.max(0, '),
  ),
  machineMutant(
    'commands see a key that is past its end until its turn to go has come',
    inFile(keys, 'ifAlive(contents.keys.get(key), nowMs)', 'contents.keys.get(key)'),
  ),
  machineMutant(
    'nobody gets a lock that is past its end until its turn to go has come',
    inFile(keys, 'ifAlive(contents.locks.get(name), nowMs)', 'contents.locks.get(name)'),
  ),
  machineMutant(
    'what was past its end at a revision is seen there later',
    inFile(
      keys,
      '  if (due.length === limit && keys.length === 0) addVersion(state, at, []);\n',
      '',
    ),
  ),
  machineMutant(
    'a snapshot forgets the log time of the oldest revision',
    inFile(capture, 'oldestMs = head.oldestMs ?? 0', 'oldestMs = 0'),
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
    'a snapshot forgets which idempotency keys had to go',
    inFile(capture, '    Object.assign(this.#state.keys, head.idempotency);\n', ''),
  ),
  machineMutant(
    'idempotency keys behind one that was forgotten are not found',
    inFile('state-machines/use-table.ts', '      slots[gap] = next;\n      gap = slot;\n', ''),
  ),
  machineMutant(
    'a restored cluster goes on counting where the backup ended',
    inFile('state-machines/state-floor.ts', '(index % floorStep === 0 ? 1 : 2)', '0'),
  ),
  machineMutant(
    'sessions outlive a restore',
    inFile('state-machines/state-floor.ts', "      case 'session':\n      case 'answers':\n", ''),
  ),
];
