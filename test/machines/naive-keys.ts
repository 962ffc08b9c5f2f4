/*
 * Keys, locks and leases as a reader of the docs would write them: plain maps and arrays, copied as
 * a whole for every transaction, and searched from one end to the other. What they answer, the
 * machines must answer.
 */

export type NaiveItem = {
  key: string;
  value: string | undefined;
  type: string;
  version: number;
  createRevision: number;
  modRevision: number;
  bytes: number;
  lease: number | undefined;
  ttlMs: number | undefined;
  token: number | undefined;
};
type Key = {
  value: string;
  type: string;
  version: number;
  createRevision: number;
  modRevision: number;
  lease: number;
};
type Lease = { ttlMs: number; isPrivate: boolean; renewals: number };
type Lock = { holder: string; token: number; lease: number };
type Waiter = { holder: string; ticket: number; lease: number };
type Data = {
  keys: Map<string, Key>;
  locks: Map<string, Lock>;
  lines: Map<string, Waiter[]>;
  leases: Map<number, Lease>;
  token: number;
  revision: number;
  oldest: number;
};
export type NaiveChange = { key: string; revision: number; before?: Key; after?: Key };
type Bounds = { start: string; end: string };
type Hold = { ttlMs?: number | undefined; lease?: number | undefined };
type PutFields = Hold & { key: string; value: string; type: string; wantsPrevious: boolean };

export class Refused extends Error {}

const isIn = ({ start, end }: Bounds, key: string): boolean =>
  key >= start && (end === '' || key < end);

export const itemOf = (key: string, record: Key, withValue = false): NaiveItem => ({
  key,
  value: withValue ? record.value : undefined,
  type: record.type,
  version: record.version,
  createRevision: record.createRevision,
  modRevision: record.modRevision,
  bytes: record.value.length,
  lease: record.lease || undefined,
  ttlMs: undefined,
  token: undefined,
});

export const rowsOf = (keys: ReadonlyMap<string, Key>, bounds: Bounds): [string, Key][] =>
  [...keys].filter(([key]) => isIn(bounds, key)).sort(([a], [b]) => (a < b ? -1 : 1));

export class NaiveKeys {
  data: Data = {
    keys: new Map(),
    locks: new Map(),
    lines: new Map(),
    leases: new Map(),
    token: 0,
    revision: 0,
    oldest: 0,
  };
  /** The keys as they were at each revision. */
  readonly past = new Map<number, ReadonlyMap<string, Key>>([[0, new Map()]]);
  readonly changes: NaiveChange[] = [];
  #touched = new Set<string>();
  #hasChanged = false;

  /** All of it happens, or nothing: then the reason. */
  run<Result>(body: () => Result): Result | string {
    const before = structuredClone(this.data);
    this.#touched = new Set();
    this.#hasChanged = false;
    try {
      const result = body();
      if (this.#hasChanged) this.#seal(before.keys);
      return result;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.data = before;
      return error.message;
    }
  }

  #seal(before: Map<string, Key>): void {
    this.data.revision += 1;
    const { revision, keys } = this.data;
    this.past.set(revision, structuredClone(keys));
    for (const key of this.#touched) {
      const [was, is] = [before.get(key), keys.get(key)];
      if (was === undefined && is === undefined) continue;
      const change: NaiveChange = { key, revision };
      if (was !== undefined) change.before = was;
      if (is !== undefined) change.after = structuredClone(is);
      this.changes.push(change);
    }
  }

  get revisionNow(): number {
    return this.data.revision + (this.#hasChanged ? 1 : 0);
  }

  #token(): number {
    this.data.token += 1;
    return this.data.token;
  }

  #lease(lease: number | undefined): Lease {
    const known = this.data.leases.get(lease ?? 0);
    if (known === undefined) throw new Refused('leaseNotFound');
    return known;
  }

  /** A lease that somebody names. */
  #named(lease: number): Lease {
    const known = this.#lease(lease);
    if (known.isPrivate) throw new Refused('leaseIsPrivate');
    return known;
  }

  #renew(lease: number, ttlMs: number): void {
    const known = this.#lease(lease);
    known.ttlMs = ttlMs;
    known.renewals += 1;
  }

  grant(ttlMs: number, isPrivate = false): number {
    const lease = this.#token();
    this.data.leases.set(lease, { ttlMs, isPrivate, renewals: 0 });
    return lease;
  }

  revoke(leases: readonly number[]): number {
    const ending = [...new Set(leases)]
      .filter(lease => this.data.leases.delete(lease))
      .sort((a, b) => a - b);
    for (const lease of ending) this.#leaseEnded(lease);
    return ending.length;
  }

  expire(leases: readonly { lease: number; renewals: number }[]): number {
    const { leases: known } = this.data;
    return this.revoke(
      leases.filter(one => known.get(one.lease)?.renewals === one.renewals).map(one => one.lease),
    );
  }

  #leaseEnded(lease: number): void {
    const { keys, locks, lines } = this.data;
    for (const [name, line] of lines) {
      const rest = line.filter(waiter => waiter.lease !== lease);
      if (rest.length < line.length) this.#hasChanged = true;
      lines.set(name, rest);
    }
    const gone = rowsOf(keys, { start: '', end: '' }).filter(([, key]) => key.lease === lease);
    for (const [key] of gone) this.#remove(key);
    const free = [...locks].filter(([, lock]) => lock.lease === lease).map(([name]) => name);
    for (const name of free) locks.delete(name);
    if (free.length > 0) this.#hasChanged = true;
    for (const name of free.sort((a, b) => (a < b ? -1 : 1))) this.#passOn(name);
  }

  #passOn(name: string): void {
    const line = this.data.lines.get(name) ?? [];
    const next = line.find(({ lease }) => this.data.leases.has(lease));
    if (next === undefined) return;
    this.data.lines.set(
      name,
      line.filter(waiter => waiter !== next),
    );
    const { holder, lease } = next;
    this.data.locks.set(name, { holder, lease, token: this.#token() });
    this.#renew(lease, this.#lease(lease).ttlMs);
  }

  #endPrivate(lease: number | undefined): void {
    if (this.data.leases.get(lease ?? 0)?.isPrivate) this.revoke([lease ?? 0]);
  }

  #remove(key: string): void {
    this.data.keys.delete(key);
    this.#touched.add(key);
    this.#hasChanged = true;
  }

  #write(key: string, fields: Pick<Key, 'value' | 'type' | 'lease'>): Key {
    this.#touched.add(key);
    this.#hasChanged = true;
    const before = this.data.keys.get(key);
    const modRevision = this.revisionNow;
    const { version = 0, createRevision = modRevision } = before ?? {};
    const record = { ...fields, version: version + 1, createRevision, modRevision };
    this.data.keys.set(key, record);
    return record;
  }

  put({ key, value, type, ttlMs, lease, wantsPrevious }: PutFields): object {
    const before = this.data.keys.get(key);
    if (ttlMs !== undefined && lease !== undefined) throw new Refused('ttlAndLease');
    if (lease !== undefined) this.#named(lease);
    let hangsOn = lease ?? 0;
    if (ttlMs !== undefined) {
      const own = this.data.leases.get(before?.lease ?? 0)?.isPrivate ? before?.lease : undefined;
      if (own !== undefined) this.#renew(own, ttlMs);
      hangsOn = own ?? this.grant(ttlMs, true);
    }
    const previous = wantsPrevious && before ? itemOf(key, before, true) : undefined;
    const record = this.#write(key, { value, type, lease: hangsOn });
    if (before !== undefined && before.lease !== hangsOn) this.#endPrivate(before.lease);
    return { revision: this.revisionNow, item: { ...itemOf(key, record), ttlMs }, previous };
  }

  delete(bounds: Bounds, wantsPrevious: boolean): object {
    const found = rowsOf(this.data.keys, bounds);
    for (const [key] of found) this.#remove(key);
    for (const [, { lease }] of found) this.#endPrivate(lease);
    const previous = wantsPrevious ? found.map(([key, record]) => itemOf(key, record, true)) : [];
    return { revision: this.revisionNow, deleted: found.length, previous };
  }

  range(bounds: Bounds, limit: number): object {
    const found = rowsOf(this.data.keys, bounds);
    const items = found.slice(0, limit).map(([key, record]) => itemOf(key, record, true));
    return { revision: this.revisionNow, count: found.length, items };
  }

  add(key: string, by: number): object {
    const { value, type = 'text/plain', lease = 0 } = this.data.keys.get(key) ?? {};
    if (!/^-?\d+$/.test(value ?? '0')) throw new Refused('notANumber');
    const record = this.#write(key, { value: String(Number(value ?? 0) + by), type, lease });
    return { revision: this.revisionNow, item: itemOf(key, record, true) };
  }

  /** The lease that a lock hangs on from now on: of two the longer one, with its full time. */
  #hung(held: number | undefined, { ttlMs, lease }: Hold): number {
    const wantedMs = lease === undefined ? (ttlMs ?? 0) : this.#named(lease).ttlMs;
    const known = this.data.leases.get(held ?? 0);
    const isShorter = known !== undefined && known.ttlMs < wantedMs;
    const isAsLong = known !== undefined && known.ttlMs === wantedMs && lease !== undefined;
    const mustMove = lease !== undefined ? isShorter || isAsLong : isShorter && !known?.isPrivate;
    if (held === undefined || known === undefined || mustMove) {
      if (lease === undefined) return this.grant(wantedMs, true);
      this.#renew(lease, wantedMs);
      return lease;
    }
    this.#renew(held, known.isPrivate ? Math.max(known.ttlMs, wantedMs) : known.ttlMs);
    return held;
  }

  acquire(name: string, holder: string, waits: boolean, hold: Hold): object {
    if ((hold.ttlMs === undefined) === (hold.lease === undefined)) throw new Refused('ttlOrLease');
    const { locks } = this.data;
    const held = locks.get(name);
    if (held !== undefined && held.holder !== holder) {
      if (!waits) throw new Refused('lockHeld');
      return this.#wait(name, holder, hold);
    }
    const lease = this.#hung(held?.lease, hold);
    const token = held?.token ?? this.#token();
    if (held?.lease !== lease) {
      locks.set(name, { holder, token, lease });
      this.#hasChanged = true;
      this.#endPrivate(held?.lease);
    }
    return { ...this.#answer(lease), token, ticket: undefined, ahead: 0 };
  }

  #answer(lease: number): object {
    return { revision: this.revisionNow, lease, ttlMs: this.#lease(lease).ttlMs };
  }

  #wait(name: string, holder: string, hold: Hold): object {
    const line = this.data.lines.get(name) ?? [];
    this.data.lines.set(name, line);
    let waiter = line.find(one => one.holder === holder);
    const ticket = waiter?.ticket ?? this.#token();
    const before = waiter?.lease;
    const lease = this.#hung(before, hold);
    if (waiter === undefined) {
      waiter = { holder, ticket, lease };
      line.push(waiter);
    }
    waiter.lease = lease;
    if (before !== lease) {
      this.#hasChanged = true;
      this.#endPrivate(before);
    }
    return { ...this.#answer(lease), token: undefined, ticket, ahead: line.indexOf(waiter) };
  }

  #held(name: string, token: number): Lock {
    const held = this.data.locks.get(name);
    if (held?.token !== token) throw new Refused('staleToken');
    return held;
  }

  renew(name: string, token: number, ttlMs: number): object {
    const { lease } = this.#held(name, token);
    const { isPrivate, ttlMs: own } = this.#lease(lease);
    this.#renew(lease, isPrivate ? ttlMs : own);
    return { ...this.#answer(lease), token };
  }

  release(name: string, token: number): object {
    const { lease } = this.#held(name, token);
    this.data.locks.delete(name);
    this.#hasChanged = true;
    this.#endPrivate(lease);
    this.#passOn(name);
    return { revision: this.revisionNow };
  }

  leave(name: string, ticket: number): object {
    const line = this.data.lines.get(name) ?? [];
    const waiter = line.find(one => one.ticket === ticket);
    if (waiter !== undefined) {
      this.data.lines.set(
        name,
        line.filter(one => one !== waiter),
      );
      this.#hasChanged = true;
      this.#endPrivate(waiter.lease);
    }
    return { revision: this.revisionNow, hasLeft: waiter !== undefined };
  }

  guard(name: string, token: number): object {
    this.#held(name, token);
    return { revision: this.revisionNow };
  }
}
