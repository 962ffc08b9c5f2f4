import { inFile, keyMutant, type Mutant } from './mutant.ts';

const history = 'machines/keys/history.ts';
const state = 'machines/keys/state.ts';
const change = 'machines/keys/change.ts';
const select = 'machines/keys/select.ts';
const locks = 'machines/keys/locks.ts';
const operations = 'machines/keys/operations.ts';
const table = 'machines/leases/lease-table.ts';

/** Keys whose past is another one, locks with two holders, leases that end early. */
export const keyMutants: readonly Mutant[] = [
  keyMutant(
    'history is cut one change set too far',
    inFile(history, 'sets: sets.from(oldest + 1)', 'sets: sets.from(oldest + 2)'),
  ),
  keyMutant(
    'a key that was deleted again is forgotten with its first deletion',
    inFile(state, '?.place === place', ' !== undefined'),
  ),
  keyMutant(
    'the past of a key is walked step by step',
    inFile(history, 'jump: isPair ? far.jump : place', 'jump: place'),
  ),
  keyMutant(
    'a jump into the past goes too far',
    inFile(history, 'far !== undefined && far.modRevision > revision', 'far !== undefined'),
  ),
  keyMutant(
    'a key that one transaction changes twice had in the past what it had in between',
    inFile(change, 'now?.modRevision === revision', 'now?.modRevision === -1'),
  ),
  keyMutant(
    'the count of a past range forgets what was deleted since',
    inFile(select, '(isRecord(before) ? 1 : 0)', '(isRecord(before) && !isDelete ? 1 : 0)'),
  ),
  keyMutant(
    'the count of a range includes what is under the keys of the cluster itself',
    inFile('machines/keys/reserved.ts', "start === '' ? firstOfPeople : start", 'start'),
  ),
  keyMutant(
    'an inner node counts what it had before',
    inFile('machines/tree-steps.ts', 'size: size + made.size - child.size', 'size'),
  ),
  keyMutant(
    'a lock goes to one whose own lease ends in the same moment',
    inFile(locks, 'if (leaseOf(draft, waiter.lease) === undefined) continue;\n', ''),
  ),
  keyMutant(
    'whoever gets a lock from the line has the token of its ticket',
    inFile(
      locks,
      'give(draft, lock, waiter, draft.nextToken());',
      'give(draft, lock, waiter, ticketOf(key));',
    ),
  ),
  keyMutant(
    'the last in the line gets the lock',
    inFile(
      locks,
      'of keysIn(draft.get(keysSlot), waitersOf(lock))) {\n    if',
      'of [...keysIn(draft.get(keysSlot), waitersOf(lock))].reverse()) {\n    if',
    ),
  ),
  keyMutant(
    'a holder that asks again for less has less',
    inFile(locks, 'Math.max(known.ttlMs, wantedMs)', 'wantedMs'),
  ),
  keyMutant(
    'a lease ends at a moment from which it was renewed',
    inFile(
      'machines/leases/leases.ts',
      'leaseOf(draft, lease)?.renewals === renewals',
      'leaseOf(draft, lease) !== undefined && renewals >= 0',
    ),
  ),
  keyMutant(
    'the lease of a key outlives the key',
    inFile(operations, '    endPrivate(draft, leases);\n', ''),
  ),
  keyMutant(
    'leases end one by one',
    inFile(
      table,
      '  draft.set(leasesSlot, { granted: granted.withoutAll(ending.map(leaseKey)) });\n' +
        '  for (const lease of ending) draft.endLease(lease);\n',
      '  for (const lease of ending) {\n' +
        '    const rest = draft.get(leasesSlot).granted.without(leaseKey(lease));\n' +
        '    draft.set(leasesSlot, { granted: rest });\n' +
        '    draft.endLease(lease);\n  }\n',
    ),
  ),
  keyMutant(
    'what hangs on a lease is not restored',
    inFile(
      'machines/keys/parts.ts',
      'attachedOf(state.keys)',
      'attachedOf(state.keys) && nothingAttached',
    ),
    inFile(
      'machines/keys/parts.ts',
      'import { attachedOf }',
      'import { attachedOf, nothingAttached }',
    ),
  ),
];
