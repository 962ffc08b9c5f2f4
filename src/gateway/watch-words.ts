import { bytesOf } from '../codec/byte-string.ts';
import { lockName } from '../machines/keys/reserved.ts';
import type { WatchChange } from '../machines/machines.ts';
import { itemBody, keyBody } from './item-body.ts';

export type KeyChange = WatchChange<'keys'>;

/** What a watch has told at once, in the words of server-sent events: for all who watch. */
export type WatchMessage = {
  /** Everything up to here was told before it. */
  readonly before: number;
  /** Everything up to here is told with it. */
  readonly through: number;
  readonly bytes: Buffer;
  /** Where the events of each revision begin. */
  readonly starts: readonly { readonly revision: number; readonly at: number }[];
  /** Nothing has happened to these keys; the place has moved on. */
  readonly isProgress: boolean;
};

export const eventText = (name: string, id: number, data: object): string =>
  `id:${id}\nevent:${name}\ndata:${JSON.stringify(data)}\n\n`;

/** How a change is told: the name of its event, and what that says. */
export type ChangeWords = (change: KeyChange) => readonly [event: string, body: object];

/** Keys that people read and write. */
export const keyWords =
  ({ withPrevious }: { readonly withPrevious: boolean }): ChangeWords =>
  ({ key, revision, item, previous }) => {
    const before = previous === undefined ? null : itemBody(previous);
    const prev = withPrevious ? { prev: before } : {};
    return item === undefined
      ? ['delete', { ...keyBody(key), ...prev, revision }]
      : ['put', { ...itemBody(item), ...prev, revision }];
  };

/** A lock, to those who want to know who holds it. */
export const lockWords: ChangeWords = ({ key, revision, item }) => {
  const lock = lockName(key);
  if (item?.value === undefined) return ['free', { lock, revision }];
  const { value, token, lease } = item;
  return ['held', { lock, holder: bytesOf(value).toString(), token, lease, revision }];
};

/** Put into words once, however many read them. */
export function messageOf(
  changes: readonly KeyChange[],
  { before, through }: Pick<WatchMessage, 'before' | 'through'>,
  words: ChangeWords,
): WatchMessage {
  if (changes.length === 0) {
    // Lets a client that comes back skip what is not its own.
    const bytes = Buffer.from(progressText(through));
    return { before, through, bytes, starts: [{ revision: through, at: 0 }], isProgress: true };
  }
  const parts: Buffer[] = [];
  const starts: { revision: number; at: number }[] = [];
  let at = 0;
  let seen = before;
  for (const [place, change] of changes.entries()) {
    const { revision } = change;
    if (changes[place - 1]?.revision !== revision) starts.push({ revision, at });
    // Only whole revisions count as seen: a client that loses its stream within one gets it
    // again, and so every change but the last of a revision has the id of the one before.
    if (changes[place + 1]?.revision !== revision) seen = revision;
    const [event, body] = words(change);
    const part = Buffer.from(eventText(event, seen, body));
    parts.push(part);
    at += part.length;
  }
  return { before, through, bytes: Buffer.concat(parts), starts, isProgress: false };
}

/** Everything up to there has been told. */
export const progressText = (through: number): string =>
  eventText('progress', through, { through });

/** The part that is news to whoever has seen everything up to `seen`. */
export function newsIn({ before, through, bytes, starts }: WatchMessage, seen: number): Buffer {
  if (seen <= before) return bytes;
  const first = starts.find(({ revision }) => revision > seen);
  return first === undefined || seen >= through ? Buffer.alloc(0) : bytes.subarray(first.at);
}
