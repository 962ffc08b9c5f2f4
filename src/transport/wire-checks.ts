import { countMax } from '../words.ts';

/** A message that no server of ours would send. Nothing of it is used. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** Why a message was refused. Only that is the sender's fault; all else is ours, and not caught. */
export function reasonOf(error: unknown): string {
  if (error instanceof MalformedMessage) return error.message;
  throw error;
}

const namesMaxLength = 256;

/** A whole number that can still be counted up. */
export function count<T extends number>(value: number, field: string): T {
  if (Number.isSafeInteger(value) && value >= 0 && value <= countMax) return value as T;
  throw new MalformedMessage(`${field} is ${value}, not a whole number of at most 2^52`);
}

export function duration(value: number, field: string): number {
  if (Number.isFinite(value) && value >= 0 && value <= countMax) return value;
  throw new MalformedMessage(`${field} is ${value}, not a duration`);
}

export function name<T extends string>(value: string, field: string): T {
  if (value.length > 0 && value.length <= namesMaxLength) return value as T;
  throw new MalformedMessage(`${field} is empty or too long`);
}

export const optionalName = <T extends string>(
  value: string | undefined,
  field: string,
): T | undefined => (value === undefined || value === '' ? undefined : name<T>(value, field));

export function present<T>(value: T | null | undefined, field: string): T {
  if (value !== null && value !== undefined) return value;
  throw new MalformedMessage(`${field} is missing`);
}
