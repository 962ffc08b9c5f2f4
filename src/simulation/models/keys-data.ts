import { type ModelDraft, withKey } from './model-draft.ts';

export type KeyData = {
  readonly value: string;
  readonly type: string;
  readonly version: number;
  readonly createRevision: number;
  readonly modRevision: number;
  /** 0: none. */
  readonly lease: number;
};
export type LockData = {
  readonly holder: string;
  readonly token: number;
  readonly lease: number;
  readonly revision: number;
};
export type WaiterData = {
  readonly holder: string;
  readonly ticket: number;
  readonly lease: number;
};
export type KeysData = {
  readonly keys: ReadonlyMap<string, KeyData>;
  readonly locks: ReadonlyMap<string, LockData>;
  readonly lines: ReadonlyMap<string, readonly WaiterData[]>;
  readonly revision: number;
  readonly oldest: number;
  /** So many change sets are kept. */
  readonly setsMax: number;
  /** The transaction has changed something. */
  readonly isTouched: boolean;
};

export const noKeys: KeysData = {
  keys: new Map(),
  locks: new Map(),
  lines: new Map(),
  revision: 0,
  oldest: 0,
  setsMax: 100_000,
  isTouched: false,
};

export const keysDataOf = (draft: ModelDraft): KeysData => draft.get('keys');

/** The revision of what the transaction has changed, or the newest one. */
export function revisionIn(draft: ModelDraft): number {
  const { revision, isTouched } = keysDataOf(draft);
  return revision + (isTouched ? 1 : 0);
}

export function touch(draft: ModelDraft, patch: Partial<KeysData>): void {
  draft.change<KeysData>('keys', { ...patch, isTouched: true });
}

export function writeKey(
  draft: ModelDraft,
  key: string,
  fields: Pick<KeyData, 'value' | 'type' | 'lease'>,
): KeyData {
  touch(draft, {});
  const { keys } = keysDataOf(draft);
  const before = keys.get(key);
  const modRevision = revisionIn(draft);
  const { version = 0, createRevision = modRevision } = before ?? {};
  const record = { ...fields, version: version + 1, createRevision, modRevision };
  touch(draft, { keys: withKey(keys, key, record) });
  return record;
}

export function removeKeys(draft: ModelDraft, gone: readonly string[]): void {
  if (gone.length === 0) return;
  const keys = new Map(keysDataOf(draft).keys);
  for (const key of gone) keys.delete(key);
  touch(draft, { keys });
}

export type Bounds = { readonly start: string; readonly end: string };
export type Row = readonly [key: string, record: KeyData];

export const rowsIn = (keys: ReadonlyMap<string, KeyData>, { start, end }: Bounds): Row[] =>
  [...keys]
    .filter(([key]) => key >= start && (end === '' || key < end))
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** As it is told. */
export const itemOf = ([key, record]: Row, withValue: boolean, ttlMs?: number) => ({
  key,
  value: withValue ? record.value : undefined,
  type: record.type,
  version: record.version,
  createRevision: record.createRevision,
  modRevision: record.modRevision,
  bytes: record.value.length,
  lease: record.lease === 0 ? undefined : record.lease,
  ttlMs,
  token: undefined,
});

/** With no more of the past than its limit allows: a fifth less, once it is too much. */
export function trim(draft: ModelDraft): void {
  const { revision, oldest, setsMax } = keysDataOf(draft);
  if (revision - oldest <= setsMax) return;
  const kept = Math.min(revision - 1, revision - Math.floor(0.8 * setsMax));
  draft.change<KeysData>('keys', { oldest: Math.max(oldest, kept) });
}
