import type { ByteString } from '../../src/codec/byte-string.ts';
import type { Draft } from '../../src/machines/draft.ts';
import { keys } from '../../src/machines/keys/keys.ts';
import { plain } from './keys-check.ts';
import { blindView, Stage } from './stage.ts';

const { operations, queries } = keys;
const name = 'a' as ByteString;
const all = { start: '' as ByteString, end: '' as ByteString };

const put = (draft: Draft): object =>
  operations.put.apply(draft, {
    key: name,
    value: name,
    type: 'text/plain',
    ttlMs: undefined,
    lease: undefined,
    wantsPrevious: false,
  });
const remove = (draft: Draft): object =>
  operations.delete.apply(draft, { ...all, wantsPrevious: false });

const turns = 8;

/**
 * A key that comes and goes, again and again, and a past that is cut at every place: what is not
 * forgotten is as it was, and what is takes no room. Chance meets such histories too rarely.
 */
export function checkForgetting(): string | undefined {
  for (let oldest = 0; oldest <= turns; oldest += 1) {
    const stage = new Stage();
    for (let turn = 1; turn <= turns; turn += 1) stage.do(turn % 2 === 1 ? put : remove);
    stage.do(draft => operations.compact.apply(draft, { revision: oldest }));
    const wrong = wrongRevision(stage, Math.max(1, oldest));
    if (wrong !== undefined) return `from ${oldest} on: ${wrong}`;
    const { deleted, history } = stage.keys;
    const isEmpty = deleted.size === 0 && history.bytes === 0;
    if (oldest === turns && !isEmpty) return 'what is forgotten takes room';
  }
  return undefined;
}

function wrongRevision(stage: Stage, from: number): string | undefined {
  for (let revision = from; revision <= turns; revision += 1) {
    const page = queries.range.answer?.(stage.keys, { ...plain, ...all, revision }, blindView);
    const shown = page?.items.length ?? 0;
    const isRight = shown === revision % 2 && page?.count === shown;
    if (!isRight) return `revision ${revision} has ${shown} keys and counts ${page?.count}`;
  }
  return undefined;
}
