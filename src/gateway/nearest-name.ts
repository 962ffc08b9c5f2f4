/** More edits than this are another word, not a slip of the hand. */
const editsMax = 2;

/** The known name that was probably meant; undefined when none is near. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  // A name of two letters is within two edits of everything.
  const allowed = Math.min(editsMax, Math.floor(written.length / 2));
  const name = written.toLowerCase();
  for (let edits = 0; edits <= allowed; edits += 1) {
    const nearest = known.find(other => isWithin(name, other.toLowerCase(), edits));
    if (nearest !== undefined) return nearest;
  }
  return undefined;
}

/** `; did you mean "ttl"?` or nothing: to be put behind a sentence. */
export function suggestion(written: string, known: readonly string[]): string {
  const nearest = nearestName(written, known);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** Are they the same but for so many letters added, left out, changed or swapped? */
function isWithin(one: string, other: string, edits: number): boolean {
  if (one === other) return true;
  if (edits === 0 || Math.abs(one.length - other.length) > edits) return false;
  let place = 0;
  while (one[place] === other[place]) place += 1;
  const [mine, its] = [one.slice(place), other.slice(place)];
  const isSwapped = mine[0] === its[1] && mine[1] === its[0];
  return (
    isWithin(mine.slice(1), its, edits - 1) ||
    isWithin(mine, its.slice(1), edits - 1) ||
    isWithin(mine.slice(1), its.slice(1), edits - 1) ||
    (isSwapped && isWithin(mine.slice(2), its.slice(2), edits - 1))
  );
}
