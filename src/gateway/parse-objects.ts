import { createScanner } from 'jsonc-parser';
import { endOfString } from '../codec/split-json-array.ts';
import { RequestProblem } from './problem.ts';

const depthMax = 100;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
const quote = 0x22;

/** A JSON text that is good for the log: its bytes, and what they say. */
export type ParsedBody = {
  readonly bytes: Uint8Array;
  readonly value: unknown;
  /** It had trailing commas; they are not in `bytes`. */
  readonly wasMended: boolean;
};

/** Parses a body. Strict JSON keeps its very bytes; trailing commas are forgiven. */
export function parseJsonBody(body: Uint8Array): ParsedBody {
  const text = decode(body);
  if (text.trim() === '') {
    throw new RequestProblem('badJson', 'the body is empty', 'Send a JSON text.');
  }
  refuseDepth(body);
  try {
    return { bytes: body, value: JSON.parse(text), wasMended: false };
  } catch (error) {
    return withoutTrailingCommas(text, error as Error);
  }
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new RequestProblem('badBody', 'the body is not valid UTF-8', 'Encode it as UTF-8.');
  }
}

function withoutTrailingCommas(text: string, strictError: Error): ParsedBody {
  const mended = dropTrailingCommas(text);
  try {
    if (mended !== undefined) {
      return { bytes: Buffer.from(mended), value: JSON.parse(mended), wasMended: true };
    }
  } catch {
    // The first error is the one that tells the person where to look.
  }
  throw new RequestProblem(
    'badJson',
    `the body is not JSON: ${strictError.message}`,
    'Check it with a JSON tool; only trailing commas are forgiven.',
  );
}

/* Kinds of tokens of the scanner; its own enum cannot be imported under isolatedModules. */
const closing: ReadonlySet<number> = new Set([2, 4]);
const commaToken = 5;
const trivia: ReadonlySet<number> = new Set([12, 13, 14, 15]);
const endToken = 17;

/** The text without commas that stand before a closing bracket; undefined when it has none. */
function dropTrailingCommas(text: string): string | undefined {
  const scanner = createScanner(text, false);
  let result = '';
  let pending = '';
  let dropped = 0;
  for (let token: number = scanner.scan(); token !== endToken; token = scanner.scan()) {
    const value = text.slice(
      scanner.getTokenOffset(),
      scanner.getTokenOffset() + scanner.getTokenLength(),
    );
    if (token === commaToken && pending === '') pending = value;
    else if (trivia.has(token) && pending !== '') pending += value;
    else {
      if (closing.has(token) && pending !== '') {
        pending = pending.slice(1);
        dropped += 1;
      }
      result += pending + value;
      pending = '';
    }
  }
  return dropped === 0 ? undefined : result + pending;
}

/** Deep nesting costs every reader of the entry, for ever; no person writes it. */
function refuseDepth(body: Uint8Array): void {
  let depth = 0;
  for (let place = 0; place < body.length; place += 1) {
    const byte = body[place];
    if (byte === quote) place = endOfString(body, place);
    else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) depth -= 1;
    if (depth <= depthMax) continue;
    const detail = `the body is nested deeper than ${depthMax} levels`;
    throw new RequestProblem('wrongShape', detail, 'Flatten the objects.');
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
};

/** How many objects the array holds. */
export function countObjects(value: unknown): number {
  const hint = 'Send a JSON array of objects, for example [{"hello":"world"}].';
  if (!Array.isArray(value)) {
    throw new RequestProblem('wrongShape', `expected an array, got ${kindOf(value)}`, hint);
  }
  if (value.length === 0) {
    throw new RequestProblem('wrongShape', 'the array is empty; there is nothing to put', hint);
  }
  const place = value.findIndex(element => !isObject(element));
  if (place >= 0) {
    const detail = `element ${place} (counted from 0) is ${kindOf(value[place])}, not an object`;
    throw new RequestProblem('wrongShape', detail, hint);
  }
  return value.length;
}

export function requireObject(value: unknown): void {
  if (isObject(value)) return;
  throw new RequestProblem(
    'wrongShape',
    `expected one object, got ${kindOf(value)}`,
    'Send one JSON object, for example {"hello":"world"}; arrays go to /put_all.',
  );
}
