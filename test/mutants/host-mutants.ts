import { inFile, leaseMutant, type Mutant, mutant } from './mutant.ts';

const gate = 'host/read-gate.ts';
const loop = 'host/apply-loop.ts';
const watch = 'host/machine-watch.ts';
const runner = 'host/effect-runner.ts';

/** Bugs around the core, where no checker looked while the simulator had imitations of its own. */
export const hostMutants: readonly Mutant[] = [
  mutant(
    'a quorum read does not wait for what it must show',
    inFile(gate, 'this.#whenApplied(answer.index, ', 'this.#whenApplied(0, '),
  ),
  leaseMutant(
    'a lease read does not wait for what it must show',
    inFile(gate, 'this.#whenApplied(begun.index, ', 'this.#whenApplied(0, '),
  ),
  mutant(
    'a bounded read does not wait for what it must show',
    inFile(gate, 'this.#whenApplied(horizon.upTo.index, ', 'this.#whenApplied(0, '),
  ),
  mutant(
    'a bounded read waits for what it must show as long as any other',
    inFile(
      gate,
      'applyLoop.state.appliedIndex, end, boundMs);',
      'applyLoop.state.appliedIndex, end);',
    ),
  ),
  mutant(
    'the age of a bounded read is not looked at again',
    inFile(gate, 'if (staleMs > maxStalenessMs) {', 'if (staleMs < 0) {'),
  ),
  mutant(
    'a leader promises freshness before it has committed an entry of its own',
    inFile(
      'consensus/freshness.ts',
      'leadership.confirmedRound === 0 || commit.term !== term',
      'leadership.confirmedRound === 0 || commit.term > term',
    ),
  ),
  mutant(
    'the horizon counts from the answer',
    inFile(
      'consensus/step.ts',
      'learnHorizon(replica, body)',
      'learnHorizon(replica, { ...body, probeMs: turn.now })',
    ),
  ),
  mutant(
    'what is committed while the loop runs waits for the next commit',
    inFile(
      loop,
      'while (this.state.appliedIndex < this.#target && !this.#isStopped) {',
      'for (const end = this.#target; this.state.appliedIndex < end && !this.#isStopped; ) {',
    ),
  ),
  mutant(
    'a vote is told before it is durable',
    inFile(
      runner,
      'return durably(() => metadata.persistVote(effect.term, effect.vote));',
      'return void Promise.resolve().then(() => metadata.persistVote(effect.term, effect.vote));',
    ),
  ),
  mutant(
    'a configuration is not kept',
    inFile(runner, 'durably(() => metadata.persistConfig(effect.config));', ''),
  ),
  mutant(
    'a snapshot holds more than its position says',
    inFile(
      'host/snapshotter.ts',
      'captureState(state)',
      '(function* () { yield* captureState(state); })()',
    ),
  ),
  mutant(
    'the log is cut before what was posted is in the archive',
    inFile('host/compactor.ts', 'await archive.add(archivable(sources, index), index);', ''),
  ),
  mutant(
    'a fetched snapshot takes the place of the log, and not of the state',
    inFile('host/snapshot-intake.ts', 'this.#options.install(ready.state);', ''),
  ),
  mutant(
    'a watch skips what does not fit into a message',
    inFile(
      watch,
      'this.#through = found.through;',
      'this.#through = placeOf(this.#state.states, this.#name);',
    ),
  ),
  mutant(
    'a watch that goes on at another server begins with the present',
    inFile(watch, 'watch.after ?? placeOf', 'placeOf'),
  ),
  mutant(
    'a watcher that reads slowly is not told what it had no room for',
    inFile(
      watch,
      'this.#watcher.waitingBytes > backlogMaxBytes) return;',
      'this.#watcher.waitingBytes > backlogMaxBytes) {\n' +
        '        this.#through = placeOf(this.#state.states, this.#name);\n        return;\n      }',
    ),
  ),
  mutant(
    'posted objects are numbered by batch',
    inFile(
      'host/journal-reader.ts',
      'next = batch.firstSeq + batch.count;',
      'next = batch.firstSeq + 1;',
    ),
  ),
];
