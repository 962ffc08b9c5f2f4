import type { KeyChange } from '../client/key-watch.ts';
import { bytesOf } from '../codec/byte-string.ts';
import { itemBody } from './item-body.ts';

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

/** Put into words once, however many read them. */
export function messageOf(
  changes: readonly KeyChange[],
  before: number,
  through: number,
): WatchMessage {
  if (changes.length === 0) {
    // Lets a client that comes back skip what is not its prefix.
    const bytes = Buffer.from(eventText('progress', through, { through }));
    return { before, through, bytes, starts: [{ revision: through, at: 0 }], isProgress: true };
  }
  const parts: Buffer[] = [];
  const starts: { revision: number; at: number }[] = [];
  let at = 0;
  let seen = before;
  for (const [place, { key, revision, item }] of changes.entries()) {
    if (changes[place - 1]?.revision !== revision) starts.push({ revision, at });
    // Only whole revisions count as seen: a client that loses its stream within one gets it
    // again, and so every change but the last of a revision has the id of the one before.
    if (changes[place + 1]?.revision !== revision) seen = revision;
    const name = bytesOf(key).toString();
    const body =
      item === undefined ? { key: name, revision } : { ...itemBody(item, true), revision };
    const part = Buffer.from(eventText(item === undefined ? 'delete' : 'put', seen, body));
    parts.push(part);
    at += part.length;
  }
  return { before, through, bytes: Buffer.concat(parts), starts, isProgress: false };
}

/** The part that is news to whoever has seen everything up to `seen`. */
export function newsIn({ before, through, bytes, starts }: WatchMessage, seen: number): Buffer {
  if (seen <= before) return bytes;
  const first = starts.find(({ revision }) => revision > seen);
  return first === undefined || seen >= through ? Buffer.alloc(0) : bytes.subarray(first.at);
}
