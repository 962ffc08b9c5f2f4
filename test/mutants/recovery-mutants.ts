import { aimedAt, inFile, type Mutant } from './mutant.ts';

const recovery = 'consensus/recovery.ts';
const outdated = 'consensus/outdated.ts';

const damageMutant = aimedAt('damage');

const copyMutant = aimedAt('copies');

/** Servers that have lost a part of their logs, and do as if they had not. */
export const recoveryMutants: readonly Mutant[] = [
  damageMutant(
    'a server that has lost a part of its log votes',
    inFile(
      'consensus/replica.ts',
      '!replica.recovery.isRecovering && isVoter(replica)',
      'isVoter(replica)',
    ),
    inFile(
      recovery,
      "assert(replica.role !== 'leader', 'nobody leads with",
      "assert(true, 'nobody leads with",
    ),
  ),
  damageMutant(
    'a log that lost a part is whole again as soon as a leader has answered',
    inFile(
      recovery,
      'if (!isHeld || replica.durableIndex < target.index) return;',
      'if (!isHeld && !target) return;',
    ),
  ),
  damageMutant(
    'a server that has lost a part of its log forgets that at its next start',
    inFile(
      'consensus/create-replica.ts',
      'isRecovering: isRecovering || !isWhole',
      'isRecovering: !isWhole',
    ),
  ),
  damageMutant(
    'a commit position of an older term says what was confirmed',
    inFile(recovery, 'fact.commit.term === fact.term', 'fact.commit.index >= 0'),
  ),
  damageMutant(
    'what a server holds is confirmed by anybody',
    inFile(recovery, "fact?.role !== 'leader' || fact.term !== replica.term", 'fact === undefined'),
  ),
  damageMutant(
    'what a leader passes on of others confirms what it has committed itself',
    inFile(recovery, '  { probeMs }: HeartbeatReply,', '  { probeMs, upTo }: HeartbeatReply,'),
    inFile(recovery, 'replica.recovery.target = fact.commit;', 'replica.recovery.target = upTo;'),
  ),
  copyMutant(
    'a directory that was put back from an older copy goes on',
    inFile(
      outdated,
      'isNewer(fact, { incarnation, sequence }) ||',
      'isNewer(fact, { incarnation: incarnation + fact.incarnation, sequence }) ||',
    ),
  ),
  copyMutant(
    'a directory that was put back from an older copy stops only once',
    inFile(
      outdated,
      "  turn.effects.push({ type: 'remember', what: { isOutdated: true } });\n",
      '',
    ),
  ),
  copyMutant(
    'boots that have come as far make an older copy the newest',
    inFile(outdated, 'return fact.term > term || (', 'return false && ('),
  ),
  copyMutant(
    'a server passes over what others know of it',
    inFile('consensus/envelope.ts', '  if (isBeyondUs(replica, fact)) {', '  if (!fact) {'),
  ),
  copyMutant(
    'a log that reaches as far is whole, whatever it ends in',
    inFile(
      recovery,
      'comparePositions(durable, lastPosition(log)) <= 0',
      'durable.index <= log.lastIndex',
    ),
  ),
  copyMutant(
    'boots of others are forgotten at a restart',
    inFile(
      'consensus/create-replica.ts',
      'persistent.remembered.knownBoots.map(boot => [boot.id, boot])',
      '[]',
    ),
  ),
  copyMutant(
    'what an older copy says of itself is believed',
    inFile('consensus/envelope.ts', '!isHeard || isOfForgottenBoot(replica, fact)', '!isHeard'),
  ),
  copyMutant(
    'boots that count alike are taken for one',
    inFile('consensus/incarnation.ts', 'one !== other && bootOf(one)', 'one < 0 && bootOf(one)'),
  ),
  copyMutant(
    'nobody is told of the boot that was known of it before a restart',
    inFile(
      'consensus/gossip.ts',
      '  if (!replica.facts.has(peer.id)) news.push(...rememberedFact(replica, peer.id));\n',
      '',
    ),
  ),
  copyMutant(
    'a copy with the higher number of two that count alike has shown itself',
    inFile(
      'consensus/envelope.ts',
      '!isNewer(known, own.fact) && !isOfForgottenBoot(replica, own.fact)',
      '!isNewer(known, own.fact)',
    ),
  ),
];
