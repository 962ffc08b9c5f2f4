import { utf8BytesOf } from '../../src/codec/byte-string.ts';
import { type KeyChange, keyWords, messageOf, newsIn } from '../../src/gateway/watch-words.ts';

const through = 9;
/** Revisions with several changes, and such as are none of ours. */
const revisions = [2, 2, 3, 5, 5, 5, 9];
const changes = revisions.map(
  (revision, place): KeyChange => ({
    key: utf8BytesOf(`k${place}`),
    revision,
    item: undefined,
    previous: undefined,
  }),
);

/** Who has seen a part of a message is told the rest, once; and an id never promises too much. */
export function checkWords(): string | undefined {
  const message = messageOf(changes, { before: 1, through }, keyWords({ withPrevious: false }));
  for (let seen = 0; seen <= through + 1; seen += 1) {
    const events = [
      ...newsIn(message, seen)
        .toString()
        .matchAll(/id:(\d+)\nevent:delete\ndata:.*"revision":(\d+)\}/g),
    ].map(([, id, revision]) => ({ id: Number(id), revision: Number(revision) }));
    const told = events.map(({ revision }) => revision);
    const expected = revisions.filter(revision => revision > seen);
    if (told.join() !== expected.join()) return `seen ${seen}: told ${told.join()}`;
    const early = events.find(({ id }, at) => told.slice(at + 1).some(later => later <= id));
    if (early !== undefined) return `the id ${early.id} comes before all of it is told`;
    if (seen < through && events.at(-1)?.id !== through) return 'the last id is not the place';
  }
  return undefined;
}
