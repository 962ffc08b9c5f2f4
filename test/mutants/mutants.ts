import { backupMutants } from './backup-mutants.ts';
import { clockMutants } from './clock-mutants.ts';
import { gatewayMutants } from './gateway-mutants.ts';
import { handMutants } from './hand-mutants.ts';
import { hostMutants } from './host-mutants.ts';
import { identityMutants } from './identity-mutants.ts';
import { keyMutants } from './key-mutants.ts';
import { leaseMutants } from './lease-mutants.ts';
import { memberMutants } from './member-mutants.ts';
import { inFile, type Mutant, mutant } from './mutant.ts';
import { recoveryMutants } from './recovery-mutants.ts';
import { seamMutants } from './seam-mutants.ts';
import { storageMutants } from './storage-mutants.ts';
import { transportMutants } from './transport-mutants.ts';

const commit = 'consensus/commit.ts';
const election = 'consensus/election.ts';
const appending = 'consensus/appending.ts';
const pulling = 'consensus/pull-entries.ts';

/** Bugs that others have had, or that we had: each must be found by a checker within seconds. */
export const mutants: readonly Mutant[] = [
  mutant(
    'a leader overlooks newer terms, and counts the acks of those who have moved on',
    inFile(commit, 'fact.term === replica.term && fact.durable.term', 'fact.durable.term'),
    inFile(
      'consensus/envelope.ts',
      "if (standing === 'member') observeTerm",
      "if (standing === 'member' && replica.role !== 'leader') observeTerm",
    ),
    inFile(
      'consensus/envelope.ts',
      '  observeTerm(replica, turn, fact.term);\n',
      "  if (replica.role !== 'leader') observeTerm(replica, turn, fact.term);\n",
    ),
  ),
  mutant(
    'an ack counts by its index, whatever leader wrote the entry',
    inFile(commit, ' && fact.durable.term === replica.term;', ';'),
  ),
  mutant(
    'entries of older terms are committed by counting (Raft figure 8)',
    inFile(
      commit,
      'return isOwnTerm ? replica.durableIndex : 0;',
      'return isOwnTerm ? replica.durableIndex : replica.durableIndex;',
    ),
    inFile(commit, ' && fact.durable.term === replica.term;', ';'),
    inFile(commit, 'termAt(replica.log, index) === replica.term,\n', 'true,\n'),
  ),
  mutant(
    'a commit position is adopted by its index alone',
    inFile(
      commit,
      'if (holds(log, told)) setCommit(replica, turn, told);',
      'if (told) setCommit(replica, turn, positionAt(log, told.index));',
    ),
  ),
  mutant(
    'a commit position beyond our log commits all of it',
    inFile(commit, 'last.term === told.term && ', ''),
  ),
  mutant(
    'the leader counts its own entries before they are durable',
    inFile(
      commit,
      'return isOwnTerm ? replica.durableIndex : 0;',
      'return isOwnTerm ? replica.log.lastIndex : 0;',
    ),
  ),
  mutant(
    'entries are applied before they are durable',
    inFile(commit, 'Math.min(replica.commit.index, replica.durableIndex)', 'replica.commit.index'),
  ),
  mutant(
    'a fact tells of volatile entries as durable',
    inFile(
      'consensus/gossip.ts',
      'noPosition : positionAt(log, replica.durableIndex)',
      'noPosition : lastPosition(log)',
    ),
  ),
  mutant(
    'an append counts as durable at once',
    inFile(
      appending,
      "  turn.effects.push({ type: 'append', entries, logGeneration: log.generation });",
      "  turn.effects.push({ type: 'append', entries, logGeneration: log.generation });\n  replica.durableIndex = log.lastIndex;",
    ),
  ),
  mutant(
    'a completion of an older log generation is believed',
    inFile(
      appending,
      'if (event.logGeneration !== replica.log.generation) return;',
      'event.index = Math.min(event.index, replica.log.lastIndex) as LogIndex;',
    ),
    inFile(
      'consensus/events.ts',
      'readonly logGeneration: number; readonly index: LogIndex }',
      'readonly logGeneration: number; index: LogIndex }',
    ),
  ),
  mutant(
    'a truncation leaves the durable index where it was',
    inFile(
      appending,
      '  replica.durableIndex = Math.min(replica.durableIndex, lastKept) as LogIndex;\n',
      '',
    ),
  ),
  mutant(
    'a log is cut toward any source that differs',
    inFile(pulling, 'if (!isNewerLog || firstNew.index', 'if (firstNew.index'),
    inFile(pulling, 'if (!isNewerLog || refused', 'if (refused'),
    inFile(
      'consensus/sync-source.ts',
      'return order > 0 || (order === 0 && isFed(replica, fact));',
      'return order !== 0 || isFed(replica, fact);',
    ),
  ),
  mutant(
    'a batch is taken without a look at the entry before it',
    inFile(
      pulling,
      'if (!holds(replica.log, batch.prev)) {',
      'if (batch.prev.index > replica.log.lastIndex) {',
    ),
  ),
  mutant(
    'a higher term is overlooked',
    inFile(pulling, '  observeTerm(replica, turn, last.term);\n', ''),
    inFile(
      'consensus/envelope.ts',
      "  if (standing === 'member') observeTerm(replica, turn, envelope.term);\n",
      '',
    ),
    inFile('consensus/envelope.ts', '  observeTerm(replica, turn, fact.term);\n', ''),
  ),
  mutant(
    'a gap in the stream is appended',
    inFile(pulling, 'if (!holds(replica.log, batch.prev)) {', 'if (batch.prev.index < 0) {'),
  ),
  mutant(
    'a vote is not durable before it is told',
    inFile(
      election,
      "  turn.effects.push({ type: 'persistVote', term: replica.term, vote: replica.vote });\n  restartElectionTimer",
      '  restartElectionTimer',
    ),
  ),
  mutant(
    'a candidate does not keep its vote for itself',
    inFile(
      election,
      "  turn.effects.push({ type: 'persistVote', term: replica.term, vote: replica.vote });\n  tell",
      '  tell',
    ),
  ),
  mutant(
    'a server votes twice in a term',
    inFile(election, 'if (replica.vote !== undefined || !isAcceptable', 'if (!isAcceptable'),
  ),
  mutant(
    'a vote of an earlier term counts',
    inFile(
      election,
      "replica.role === 'candidate' && voter.term === replica.term && voter.vote",
      "replica.role === 'candidate' && voter.vote",
    ),
  ),
  mutant(
    'a candidate is voted for although its log lacks entries',
    inFile(
      election,
      ' &&\n  comparePositions(candidate.last, lastPosition(replica.log)) >= 0;',
      ';',
    ),
  ),
  mutant(
    'logs are compared by their length',
    inFile(
      'consensus/position.ts',
      'a.term === b.term ? a.index - b.index : a.term - b.term;\n\nexport const compareConfigIds',
      'a.index - b.index;\n\nexport const compareConfigIds',
    ),
  ),
  mutant(
    'half of the servers are a quorum',
    inFile(
      'consensus/quorum.ts',
      'Math.floor(voterCount / 2) + 1',
      'Math.max(1, Math.floor(voterCount / 2))',
    ),
  ),
  mutant(
    'a new term is not durable before it is told',
    inFile(
      'consensus/roles.ts',
      "  turn.effects.push({ type: 'persistVote', term, vote: undefined });\n",
      '',
    ),
  ),
  mutant(
    'a new leader has no entry of its own',
    inFile(
      election,
      "  appendOwn(replica, turn, [{ kind: 'noop', payload: new Uint8Array(0) }], 0 as WallMs);\n",
      '',
    ),
  ),
  mutant(
    'followers keep a dead leader alive by telling each other of it',
    inFile(
      'consensus/rounds.ts',
      'if (compareRounds(fact.seen, replica.evidence.seen) <= 0) return;',
      'if (compareRounds(fact.seen, replica.evidence.seen) < 0) return;',
    ),
    inFile(
      'consensus/rounds.ts',
      'restartElectionTimer(replica, replica.evidence.seenAt);',
      'restartElectionTimer(replica, turn.now);\n  replica.evidence.seenAt = turn.now;',
    ),
  ),
  mutant(
    'a wiped server is taken for the one it was',
    inFile(
      'consensus/gossip.ts',
      'return isMember(config, { id: owner, directoryId });',
      'return config.members.some(({ id }) => id === owner) && directoryId.length > 0;',
    ),
    inFile(
      'consensus/joining.ts',
      'if (own.directoryId !== directoryId) {',
      'if (own.directoryId.length === 0) {',
    ),
    inFile(commit, 'fact.directoryId !== voter.directoryId', 'fact.owner !== voter.id'),
  ),
  mutant(
    'facts of a new boot are taken for older ones',
    inFile(
      'consensus/gossip.ts',
      '  if (fact.incarnation !== known.incarnation) return fact.incarnation > known.incarnation;\n',
      '',
    ),
  ),
  mutant(
    'a read is answered without asking who leads',
    inFile(
      'consensus/reads.ts',
      'round <= leadership.confirmedRound;',
      'round >= 0 || leadership.confirmedRound > 0;',
    ),
  ),
  mutant(
    'a new leader answers reads before it knows what is committed',
    inFile(
      'consensus/reads.ts',
      '  if (commit.term !== term) return;\n',
      '  if (commit.term > term) return;\n',
    ),
  ),
  mutant(
    'a retried command takes effect again',
    inFile(
      'machines/frame/sessions.ts',
      'return session.answers.get(sequence)?.result;',
      'return undefined;',
    ),
  ),
  mutant(
    'a write is told to be durable without a sync',
    inFile(
      'storage/write-ahead-log.ts',
      '    await segment.file.datasync().catch((error: Error) => {\n' +
        '      throw new FailedSync(error);\n    });\n' +
        '    this.#syncCount += 1;\n    segment.endOffset',
      '    this.#syncCount += 1;\n    segment.endOffset',
    ),
  ),
  mutant(
    'the name of a new log file is not durable',
    inFile(
      'storage/segment.ts',
      '  await fileSystem.inBackground.syncDirectory(directory);\n  return {',
      '  return {',
    ),
  ),
  mutant(
    'a torn write is left in the file',
    inFile(
      'storage/read-log-files.ts',
      "    if (ending.type === 'torn') await cutAt(segment, segment.endOffset);\n",
      '',
    ),
    inFile(
      'storage/scan-segment.ts',
      'record === undefined || record.previousCrc !== segment.lastCrc',
      'record === undefined',
    ),
  ),
  mutant(
    'a record is believed without its checksum',
    inFile(
      'storage/record.ts',
      '  if (crc32(source.subarray(offset + 12, end)) !== crc) return undefined;\n',
      '',
    ),
  ),
  mutant(
    'removed entries are told to be durable',
    inFile(
      'storage/write-ahead-log.ts',
      "    const isSettled = this.#work.every(({ type }) => type === 'write');\n    if (isSettled && index > 0)",
      '    if (index > 0)',
    ),
  ),
  mutant(
    'a truncation is not durable before what follows it',
    inFile(
      'storage/segment.ts',
      '  await segment.file.truncate(offset);\n  await segment.file.datasync();\n',
      '',
    ),
  ),
  mutant(
    'the metadata is overwritten in place',
    inFile('storage/metadata.ts', 'writeAndSync(temporary,', 'writeAndSync(this.#path,'),
    inFile('storage/metadata.ts', '    this.#fileSystem.rename(temporary, this.#path);\n', ''),
  ),
  mutant(
    'a snapshot is put in the place of a log that has come further',
    inFile(
      'consensus/install-snapshot.ts',
      "  if (position.index <= replica.commit.index || replica.role === 'leader') return;\n",
      '',
    ),
  ),
  mutant(
    'a log is kept although the snapshot contradicts it',
    inFile(
      'consensus/install-snapshot.ts',
      'holds(log, position) && replica.durableIndex >= position.index',
      'log.lastIndex >= position.index && holds(log, log.base)',
    ),
  ),
  mutant(
    'a log that was cut knows of entries before its base after a restart',
    inFile('consensus/log.ts', '  compactLog(log, base);\n  return log;', '  return log;'),
  ),
  ...clockMutants,
  ...backupMutants,
  ...gatewayMutants,
  ...handMutants,
  ...hostMutants,
  ...identityMutants,
  ...keyMutants,
  ...leaseMutants,
  ...memberMutants,
  ...recoveryMutants,
  ...seamMutants,
  ...storageMutants,
  ...transportMutants,
];
