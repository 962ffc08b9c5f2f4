import { inFile, leaseMutant, type Mutant, mutant, sleepMutant } from './mutant.ts';

const election = 'consensus/election.ts';
const leases = 'consensus/leases.ts';

/** Old leaders that answer alone for too long. */
export const leaseMutants: readonly Mutant[] = [
  leaseMutant(
    'a lease counts from the moment of its confirmation',
    inFile(
      'consensus/step.ts',
      '    confirmRounds(replica);\n',
      '    const before = replica.leadership?.confirmedRound;\n    confirmRounds(replica);\n' +
        '    if (replica.leadership !== undefined && replica.leadership.confirmedRound !== before)\n' +
        '      replica.leadership.confirmedAt = turn.now;\n',
    ),
  ),
  leaseMutant(
    'a restarted voter owes no older lease',
    inFile(
      'consensus/create-replica.ts',
      'const isOwing = leaseOwedMs > 0;',
      'const isOwing = false;',
    ),
  ),
  leaseMutant(
    'a restarted voter owes the lease of its own settings',
    inFile(
      'consensus/create-replica.ts',
      'remembered.leaseOwedMs ?? (term > 0 ? leaseMs : 0)',
      'term > 0 || remembered.leaseOwedMs ? leaseMs : 0',
    ),
  ),
  leaseMutant(
    'a voter owes the lease of its own settings',
    inFile(
      leases,
      'replica.leases.seenMs = leaseMs;',
      'replica.leases.seenMs = leaseMs && replica.timings.leaseMs;',
    ),
  ),
  leaseMutant(
    'a candidate forgets what it owes the old leader itself',
    inFile(election, '  deferCommit(replica, turn.now, olderLeaseMs(replica, turn.now));\n', ''),
  ),
  leaseMutant(
    'votes do not tell of the old lease',
    inFile(election, '  if (votes) deferCommit(replica, turn.now, voter.olderLeaseMs);\n', ''),
  ),
  leaseMutant(
    'a lease does not end while its leader knows of no other',
    inFile(leases, 'return Math.max(0, endsAt - now);', 'return Math.max(1, endsAt - now);'),
  ),
  leaseMutant(
    'a leader answers alone without a look at its lease',
    inFile(
      leases,
      'if (leaseRemainingMs(replica, now) <= 0) return undefined;',
      'if (replica.leadership === undefined || now < 0) return undefined;',
    ),
    inFile(leases, '(replica.term === read.term ? leaseRemainingMs(replica, now) : 0)', 'now && 1'),
  ),
  leaseMutant(
    'clocks are taken to run alike',
    inFile(leases, '(durationMs * (1 - clockDriftMax)) / (1 + clockDriftMax)', 'durationMs'),
  ),
  leaseMutant(
    'a leader that hands over keeps its lease',
    inFile('consensus/leadership-transfer.ts', '  leadership.isLeaseReleased = true;\n', ''),
  ),
  sleepMutant(
    'a leader that slept answers by the lease of before',
    inFile('consensus/step.ts', '      distrustLease(replica);\n', ''),
  ),
  sleepMutant(
    'what a server knew before it slept has the age that its clock says',
    inFile('consensus/step.ts', '      distrustHorizon(replica, turn.now);\n', ''),
  ),
  mutant(
    'a new leader reads before it has committed an entry of its own',
    inFile(leases, 'if (replica.commit.term !== replica.term) return 0;', ''),
  ),
];
