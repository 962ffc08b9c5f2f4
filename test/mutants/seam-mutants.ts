import { inFile, leaseMutant, type Mutant, machineMutant, mutant } from './mutant.ts';

const frame = 'machines/frame/replicated-state.ts';
const records = 'machines/frame/state-records.ts';
const keeper = 'host/lease-keeper.ts';
const locks = 'machines/keys/locks.ts';

/** Bugs of the seam between the log and its machines, and of what only the leader counts. */
export const seamMutants: readonly Mutant[] = [
  mutant(
    'a snapshot forgets the last machine',
    inFile(
      records,
      'for (const { code, slot, parts } of machineParts) {\n    hold(',
      'for (const { code, slot, parts } of machineParts.slice(0, -1)) {\n    hold(',
    ),
  ),
  mutant(
    'a snapshot forgets the last token that was given out',
    inFile(
      records,
      '...{ appliedIndex, level, clock, token, sessions },',
      '...{ appliedIndex, level, clock, sessions },',
    ),
  ),
  mutant(
    'an aborted transaction leaves a trace',
    inFile(
      frame,
      "if (result.type === 'aborted') return result;\n  keep(state, draft);",
      "keep(state, draft);\n  if (result.type === 'aborted') return result;",
    ),
  ),
  mutant(
    'the level is raised when most members understand it',
    inFile(
      'host/level-raiser.ts',
      'view.membersBelow(level).length > 0',
      'view.membersBelow(level).length > 1',
    ),
  ),
  machineMutant(
    'an entry that is not understood is skipped',
    inFile(
      frame,
      'const command = commandOf(entry, state.limits);\n',
      'let command: Command;\n  try {\n    command = commandOf(entry, state.limits);\n  } catch {\n' +
        '    state.appliedIndex = entry.index;\n    return [];\n  }\n',
    ),
  ),
  machineMutant(
    'idempotency keys age by the wall clock',
    inFile(
      frame,
      'const { term, index, nowMs } = draft.at;\n  const answer',
      'const { term, index } = draft.at;\n  const nowMs = state.clock.wallMs;\n  const answer',
    ),
  ),
  mutant(
    'what one request does to the keys has the revision of the one before it',
    inFile(
      'machines/keys/change.ts',
      'return { revision: newestRevision(before) + 1, firstPlace,',
      'return { revision: newestRevision(before) + (draft.at.item === 0 ? 1 : 0), firstPlace,',
    ),
  ),
  mutant(
    'whoever led once keeps leases alive',
    inFile(
      'host/queries.ts',
      "if (name !== 'leases.keepAlive' || isOfLeader) return demand;",
      "if (name !== 'leases.keepAlive') return demand;\n  if (!isOfLeader || isOfLeader) return { ...demand, consistency: 'local' };",
    ),
  ),
  mutant(
    'a new leader gives leases half of their time',
    inFile(
      keeper,
      'const deadlineMs = now + value.ttlMs;',
      'const deadlineMs = now + value.ttlMs * (this.#granted === undefined ? 0.5 : 1);',
    ),
  ),
  mutant(
    'a lease is kept alive and its deadline stays',
    inFile(keeper, 'kept.deadlineMs = Math.max(kept.deadlineMs, fromMs + ttlMs);\n', ''),
  ),
  mutant(
    'a lease that the log has renewed ends all the same',
    inFile(
      'machines/leases/leases.ts',
      'leaseOf(draft, lease)?.renewals === renewals,',
      'renewals >= 0 && leaseOf(draft, lease) !== undefined,',
    ),
  ),
  mutant(
    'history is cut a revision too far',
    inFile(
      'machines/keys/operations.ts',
      'draft.set(keysSlot, compacted(state, revision));',
      'draft.set(keysSlot, compacted(state, Math.min(revision + 1, newestRevision(state))));',
    ),
  ),
  mutant(
    'a count leaves out the first key',
    inFile(
      'machines/keys/select.ts',
      'const count = keys.count(range.start, range.end);',
      'const count = Math.max(0, keys.count(range.start, range.end) - 1);',
    ),
  ),
  mutant(
    'a request that fails takes those behind it in the entry along',
    inFile(
      frame,
      'const result = use?.result ?? transactUnderKey(state, draft, item);',
      'const before = sessions.byId.get(session)?.answers.get(item.sequence - 1)?.result;\n' +
        "  const isLost = place > 0 && before?.type === 'aborted';\n" +
        '  const result = use?.result ?? (isLost ? before : transactUnderKey(state, draft, item));',
    ),
  ),
  mutant(
    'two requests of an entry get the answer of the first',
    inFile(
      frame,
      'return { session, sequence: item.sequence, result, hadEffect };',
      'return { session, sequence: items[0]?.sequence ?? item.sequence, result, hadEffect };',
    ),
  ),
  mutant(
    'two grants of one entry have the same token',
    inFile(
      frame,
      'state.token = token;',
      'state.token = draft.at.item === 0 ? token : state.token;',
    ),
  ),
  mutant(
    'the same idempotency key writes once for each client server',
    inFile(
      frame,
      'const use = earlierUse(keys, idempotency.key, idempotency.fingerprint, nowMs);',
      'const use = nowMs < 0 ? earlierUse(keys, idempotency.key, idempotency.fingerprint, nowMs) : undefined;',
    ),
  ),
  mutant(
    'an idempotency key answers to any request',
    inFile(
      frame,
      "if (!use.isSame) return { result: { type: 'keyReused' }, answerBytes: 0 };\n",
      '',
    ),
  ),
  mutant(
    'the last of the line gets the lock',
    inFile(
      locks,
      'for (const [key, waiter] of keysIn(draft.get(keysSlot), waitersOf(lock))) {\n    if (leaseOf',
      'for (const [key, waiter] of [...keysIn(draft.get(keysSlot), waitersOf(lock))].reverse()) {\n    if (leaseOf',
    ),
  ),
  mutant(
    'what hung on a lease outlives it',
    inFile(
      'machines/keys/keys.ts',
      'const gone = eraseOfLease(draft, lease);',
      'const gone = draft.at.item === 0 ? [] : eraseOfLease(draft, lease);',
    ),
  ),
  leaseMutant(
    'a leader goes on counting from an older term',
    inFile(
      keeper,
      "role !== 'leader' || (this.#term !== undefined && this.#term !== term)",
      "role !== 'leader'",
    ),
  ),
];
