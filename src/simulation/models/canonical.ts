/** A value as text: the same for the same fields, in whatever order they were made. */
export const canonical = (value: unknown): string => JSON.stringify(value, sorted) ?? 'undefined';

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How long something still lasts is known to whoever leads, and is no part of any state. */
const lasting = ['remainingMs', 'ttlMs'];

/** What an answer says of the state. */
export const withoutTimes = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer, (key, value) => (lasting.includes(key) ? undefined : value)));
