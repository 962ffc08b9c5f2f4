import { type ByteString, bytesOf, endOfPrefix, utf8BytesOf } from '../../codec/byte-string.ts';

/*
 * Keys that begin with byte 0 are the cluster's own: locks, and who waits for them. They come
 * before all others, so that a range without a start, which begins behind them, leaves them out.
 */

/** The first key that people can have. */
export const firstOfPeople = '\u0001' as ByteString;
export const isReserved = (key: string): boolean => key.charCodeAt(0) === 0;

/** A part of the key space. Without `end` it goes to the last key. */
export type KeyRange = { readonly start: ByteString; readonly end: ByteString | undefined };

/** The range that a person means; an empty `end` is none. */
export const rangeOf = ({
  start,
  end,
}: {
  readonly start: ByteString;
  readonly end: ByteString;
}): KeyRange => ({
  start: start === '' ? firstOfPeople : start,
  end: end === '' ? undefined : end,
});

export const isWithin = ({ start, end }: KeyRange, key: string): boolean =>
  key >= start && (end === undefined || key < end);

const locks = '\0lock\0' as ByteString;
const waiters = '\0wait\0' as ByteString;

const rangeOfPrefix = (prefix: ByteString): KeyRange => ({
  start: prefix,
  end: endOfPrefix(prefix),
});

/** The key that is the lock of this name. */
export const lockKey = (name: string): ByteString => `${locks}${utf8BytesOf(name)}` as ByteString;
export const allLocks = rangeOfPrefix(locks);
export const allWaiters = rangeOfPrefix(waiters);

export const isLockKey = (key: string): boolean => key.startsWith(locks);
export const lockName = (key: ByteString): string =>
  bytesOf(key).subarray(locks.length).toString('utf8');

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
const ticketDigits = 14;

/** The length in front tells names apart of which one begins like the other. */
function lineOf(name: string): ByteString {
  const bytes = utf8BytesOf(name);
  return `${waiters}${hex(bytes.length, 4)}${bytes}` as ByteString;
}

/** The key of a place in the line before a lock: places sort as they were taken. */
export const waiterKey = (name: string, ticket: number): ByteString =>
  `${lineOf(name)}${hex(ticket, ticketDigits)}` as ByteString;
export const waitersOf = (name: string): KeyRange => rangeOfPrefix(lineOf(name));
export const ticketOf = (key: string): number => Number.parseInt(key.slice(-ticketDigits), 16);
