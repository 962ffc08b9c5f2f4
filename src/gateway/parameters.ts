import type { Context } from 'koa';
import { RequestProblem } from './problem.ts';

const defaultDeadlineMs = 5000;
const deadlineMaxMs = 60_000;
/** How long the client is willing to wait. */
export const deadlineHeader = 'X-Deadline-Ms';

/** A whole number from the query or a header; `fallback` when it is not given. */
function wholeNumber(
  value: string | undefined,
  name: string,
  range: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  if (value === undefined || value === '') return range.fallback;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= range.min && number <= range.max) return number;
  throw new RequestProblem(
    'badParameter',
    `${name} is ${JSON.stringify(value)}, ` +
      `expected a whole number from ${range.min} to ${range.max}`,
    `Correct ${name}.`,
  );
}

export const queryNumber = (
  ctx: Context,
  name: string,
  range: { readonly min: number; readonly max: number; readonly fallback: number },
): number => wholeNumber(queryText(ctx, name), `the parameter "${name}"`, range);

/** The parameter's value; the last one when it is repeated. */
export function queryText(ctx: Context, name: string): string | undefined {
  const value = ctx.query[name];
  const text = Array.isArray(value) ? value.at(-1) : value;
  return text === '' ? undefined : text;
}

/** How long the request may take. */
export const deadlineMsOf = (ctx: Context): number =>
  wholeNumber(ctx.get(deadlineHeader), `the header ${deadlineHeader}`, {
    min: 1,
    max: deadlineMaxMs,
    fallback: defaultDeadlineMs,
  });
