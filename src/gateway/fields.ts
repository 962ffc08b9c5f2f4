import { z } from 'zod';

/* The kinds of parameters and headers. They come as text, and what looks odd was a slip. */

const wholeNumberPattern = /^(?:0|-?[1-9]\d{0,15})$/;
const secondsPattern = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
const msPerSecond = 1000;
/** A time to live of a hundred years is as good as none. */
const ttlMaxMs = 3_000_000_000_000;

/** Reads one text, or says what was expected instead. */
const read = <Value>(parse: (text: string) => Value | undefined, expectation: string) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${expectation}` });
    return z.NEVER;
  });

/** In digits alone: `+5`, ` 5`, `5e3`, `05` and `5.0` were meant some other way. */
export const wholeNumber = ({ min, max }: { readonly min: number; readonly max: number }) =>
  read(text => {
    if (!wholeNumberPattern.test(text)) return undefined;
    const number = Number(text);
    return Number.isSafeInteger(number) && number >= min && number <= max ? number : undefined;
  }, `a whole number from ${min} to ${max}, in digits`);

const flags: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };
export const flag = () =>
  read(text => (Object.hasOwn(flags, text) ? flags[text] : undefined), 'true or false');

/** Seconds, with a fraction if need be; in milliseconds. */
export const seconds = () =>
  read(text => {
    const ttlMs = Math.round(msPerSecond * Number(text));
    const isFine = secondsPattern.test(text) && ttlMs >= 1 && ttlMs <= ttlMaxMs;
    return isFine ? ttlMs : undefined;
  }, 'seconds above 0, such as 30 or 0.5');

export const textOf = <Value>(parse: (text: string) => Value | undefined, expectation: string) =>
  read(parse, expectation);
