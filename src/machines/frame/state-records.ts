import { assert } from '../../assert.ts';
import { ByteReader, MalformedBytes } from '../../codec/byte-reader.ts';
import { ByteWriter } from '../../codec/byte-writer.ts';
import { count, fields, optional, UnknownKind } from '../../codec/shapes.ts';
import { keys } from '../keys/keys.ts';
import { isOldRecord, keysInOldRecord, OldStateBuilder } from '../legacy/old-records.ts';
import { type DerivedRule, kept, type PartRule } from '../machine.ts';
import { machines } from '../machines.ts';
import { usesPart } from './idempotency-keys.ts';
import type { LogClock } from './log-clock.ts';
import {
  createReplicatedState,
  type ReplicatedState,
  type StateLimits,
  stateLimits,
} from './replicated-state.ts';
import { sessionsPart } from './sessions.ts';

/*
 * The whole state as a sequence of records of bytes, for snapshots and backups: each holds rows of
 * one part of one machine, or of the frame around them. What changes later does not change a
 * capture.
 */

/** The frame's own number among those of the machines. */
const frameCode = 0;
const nameMaxBytes = 64;
/** A record ends beyond either; a larger row still goes alone. */
const recordMaxRows = 1000;
const recordMaxBytes = 64 * 1024;

type Rule = PartRule<unknown> | DerivedRule<object, unknown>;
type Parts = readonly (readonly [name: string, rule: Rule])[];

const head = fields({
  appliedIndex: count(),
  level: count(),
  nowMs: count(),
  term: count(),
  wallMs: count(),
  token: count(),
  idempotencyMaxBytes: count(),
  forgottenAtMs: optional(count()),
});
type Head = ReturnType<typeof head.read>;

/** Whatever else is missing was empty; but there is no state without it. */
const headPart = kept({
  row: head,
  capture: (value: Head) => [value],
  restore: rows => {
    const [only] = rows;
    if (only === undefined || rows.length > 1) throw new MalformedBytes('no state in its records');
    return only;
  },
});

const frameParts = ({ sessions }: StateLimits): Parts => [
  ['head', headPart as PartRule<unknown>],
  ['sessions', sessionsPart(sessions) as PartRule<unknown>],
  ['uses', usesPart as PartRule<unknown>],
];

function frameValues(state: ReplicatedState): Readonly<Record<string, unknown>> {
  const { appliedIndex, level, clock, token, sessions, idempotency } = state;
  const { maxBytes: idempotencyMaxBytes, forgottenAtMs, uses } = idempotency;
  const own = { appliedIndex, level, ...clock, token, idempotencyMaxBytes, forgottenAtMs };
  return { head: own, sessions, uses };
}

const machineParts = machines.map(({ code, slot, parts }) => ({
  code,
  slot,
  parts: Object.entries(parts) as unknown as Parts,
}));

const isKept = (rule: Rule): rule is PartRule<unknown> => 'row' in rule;

/** Takes hold of the state as it is now; the records may be read at any time later. */
export function captureState(state: ReplicatedState): Iterable<Uint8Array> {
  assert(state.old === undefined, 'a state of before is in snapshots of before');
  const held: { code: number; name: string; rule: PartRule<unknown>; rows: Iterable<unknown> }[] =
    [];
  const hold = (code: number, parts: Parts, values: Readonly<Record<string, unknown>>): void => {
    for (const [name, rule] of parts) {
      if (isKept(rule)) held.push({ code, name, rule, rows: rule.capture(values[name]) });
    }
  };
  hold(frameCode, frameParts(state.limits), frameValues(state));
  for (const { code, slot, parts } of machineParts) {
    hold(code, parts, state.states[slot.name] as Readonly<Record<string, unknown>>);
  }
  return (function* records(): Generator<Uint8Array> {
    for (const part of held) yield* recordsOf(part);
  })();
}

function* recordsOf({
  code,
  name,
  rule,
  rows,
}: {
  readonly code: number;
  readonly name: string;
  readonly rule: PartRule<unknown>;
  readonly rows: Iterable<unknown>;
}): Generator<Uint8Array> {
  let writer = new ByteWriter(recordMaxBytes);
  let rowCount = 0;
  const finished = (): Uint8Array => {
    const front = new ByteWriter();
    front.count(code);
    front.utf8(name);
    front.count(rowCount);
    const record = Buffer.concat([front.finish(), writer.finish()]);
    writer = new ByteWriter(recordMaxBytes);
    rowCount = 0;
    return record;
  };
  for (const row of rows) {
    rule.row.write(writer, row);
    rowCount += 1;
    if (rowCount >= recordMaxRows || writer.length >= recordMaxBytes) yield finished();
  }
  if (rowCount > 0) yield finished();
}

/** How many keys of people are in a record, for whoever counts them without reading all of it. */
export function keysIn(record: Uint8Array): number {
  if (isOldRecord(record)) return keysInOldRecord(record);
  const reader = new ByteReader(record);
  const isOfKeys = reader.count() === keys.code && reader.utf8(nameMaxBytes) === 'keys';
  return isOfKeys ? reader.count() : 0;
}

/** Builds a state from the records of another one. */
export class StateBuilder {
  readonly #limits: StateLimits;
  readonly #rows = new Map<string, unknown[]>();
  #old: OldStateBuilder | undefined;

  constructor(limits: StateLimits = stateLimits) {
    this.#limits = limits;
  }

  /** Throws MalformedBytes; an UnknownKind of it is from a newer version. */
  add(record: Uint8Array): void {
    if (isOldRecord(record)) {
      this.#old ??= new OldStateBuilder();
      this.#old.add(record);
      return;
    }
    const reader = new ByteReader(record);
    const code = reader.count();
    const name = reader.utf8(nameMaxBytes);
    const rule = this.#partsOf(code).find(([known]) => known === name)?.[1];
    if (rule === undefined || !isKept(rule)) {
      throw new UnknownKind(`a part "${name}" of the unknown machine ${code}`);
    }
    const rows = this.#rowsOf(code, name);
    for (let left = reader.count(); left > 0; left -= 1) rows.push(rule.row.read(reader));
    reader.end();
  }

  /** The state, once all records were added. Throws MalformedBytes. */
  finish(): ReplicatedState {
    if (this.#old !== undefined) {
      const { state: old, appliedIndex } = this.#old.finish();
      return { ...createReplicatedState(this.#limits), appliedIndex, level: 0, old };
    }
    const {
      head: own,
      sessions,
      uses,
    } = this.#restored(frameCode) as {
      readonly head: Head;
      readonly sessions: ReplicatedState['sessions'];
      readonly uses: ReplicatedState['idempotency']['uses'];
    };
    const empty = createReplicatedState(this.#limits);
    const { appliedIndex, level, nowMs, term, wallMs, token } = own;
    const { idempotencyMaxBytes: maxBytes, forgottenAtMs } = own;
    const clock: LogClock = { nowMs, term, wallMs };
    return {
      ...empty,
      ...{ appliedIndex, level, clock, token, sessions },
      idempotency: { ...empty.idempotency, maxBytes, forgottenAtMs, uses },
      states: Object.fromEntries(
        machineParts.map(({ code, slot }) => [slot.name, this.#restored(code)]),
      ),
    };
  }

  #partsOf(code: number): Parts {
    if (code === frameCode) return frameParts(this.#limits);
    return machineParts.find(machine => machine.code === code)?.parts ?? [];
  }

  #rowsOf(code: number, name: string): unknown[] {
    const key = `${code} ${name}`;
    const rows = this.#rows.get(key) ?? [];
    this.#rows.set(key, rows);
    return rows;
  }

  /** What is derived sees what was declared before it. */
  #restored(code: number): object {
    const values: Record<string, unknown> = {};
    for (const [name, rule] of this.#partsOf(code)) {
      if (!isKept(rule)) continue;
      values[name] = rule.restore(this.#rowsOf(code, name));
      this.#rows.delete(`${code} ${name}`);
    }
    for (const [name, rule] of this.#partsOf(code)) {
      if (!isKept(rule)) values[name] = rule.derive(values);
    }
    return values;
  }
}
