import { itemsMax } from '../machines/frame/command.ts';

/** An entry is full beyond this; a larger request is an entry of its own. */
const entryMaxBytes = 128 * 1024;

type Sized = { readonly request: Uint8Array };

/** How many of those that wait go together, in order: at least one. */
export function countThatFit(
  waiting: readonly Sized[],
  {
    bytesMax,
    countMax = waiting.length,
  }: { readonly bytesMax: number; readonly countMax?: number },
): number {
  let bytes = 0;
  let count = 0;
  for (const { request } of waiting) {
    bytes += request.length;
    if (count > 0 && (bytes > bytesMax || count >= countMax)) break;
    count += 1;
  }
  return count;
}

/** The requests of a message by the entries of the log that they share. */
export function entriesOf<Request extends Sized>(batch: readonly Request[]): Request[][] {
  const entries: Request[][] = [];
  for (let rest = batch; rest.length > 0; ) {
    const count = countThatFit(rest, { bytesMax: entryMaxBytes, countMax: itemsMax });
    entries.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  return entries;
}
