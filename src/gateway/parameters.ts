import type { Context } from 'koa';
import { z } from 'zod';
import { wholeNumber } from './fields.ts';
import { suggestion } from './nearest-name.ts';
import { RequestProblem } from './problem.ts';
import { shapedBy } from './shaped-by.ts';

const defaultDeadlineMs = 5000;
const deadlineMaxMs = 60_000;
/** How long the client is willing to wait. */
const deadlineHeader = 'X-Deadline-Ms';

/** Headers that change what a write does: where one means nothing, it promises what is not kept. */
const promisingHeaders = [
  'If-Match',
  'If-None-Match',
  'Idempotency-Key',
  'X-Lock',
  'X-Fencing-Token',
];

/** Longer texts are worked out each time. */
const rememberedMaxLength = 200;
const rememberedMax = 100;
const meanings = new WeakMap<z.ZodObject, Map<string, unknown>>();

/**
 * What a text means by a shape. Clients send the same few queries again and again, and most send no
 * header of the route at all: it is worked out once, and shared.
 */
function meaningOf<Shape extends z.ZodObject>(
  shape: Shape,
  text: string,
  workOut: () => z.output<Shape>,
): z.output<Shape> {
  const known = meanings.get(shape) ?? new Map<string, unknown>();
  const meaning = known.get(text) as z.output<Shape> | undefined;
  if (meaning !== undefined) return meaning;
  const made = workOut();
  Object.freeze(made);
  if (text.length > rememberedMaxLength) return made;
  if (known.size >= rememberedMax) known.clear();
  known.set(text, made);
  meanings.set(shape, known);
  return made;
}

const namesOf = (shape: z.ZodObject): string[] => Object.keys(shape.shape);

/** The parameters behind the question mark: each known, and given once. */
export const queryOf = <Shape extends z.ZodObject>(ctx: Context, shape: Shape): z.output<Shape> =>
  meaningOf(shape, ctx.querystring, () => readQuery(ctx, shape));

function readQuery<Shape extends z.ZodObject>(ctx: Context, shape: Shape): z.output<Shape> {
  const known = namesOf(shape);
  const takes =
    known.length === 0 ? `${ctx.path} takes none` : `${ctx.path} takes ${known.join(', ')}`;
  const values: Record<string, string> = {};
  for (const [name, value] of pairsOf(ctx.querystring)) {
    if (!known.includes(name)) {
      const detail = `there is no parameter ${JSON.stringify(name)} here`;
      throw new RequestProblem('badParameter', detail + suggestion(name, known), `${takes}.`);
    }
    if (Object.hasOwn(values, name)) {
      const detail = `the parameter "${name}" is given more than once`;
      throw new RequestProblem('badParameter', detail, 'Give it once.');
    }
    values[name] = value;
  }
  return shapedBy(shape, values, {
    code: 'badParameter',
    placeOf: name => `the parameter "${name}"`,
    noun: 'parameter',
    hint: `Correct it, or leave it away; ${takes}.`,
  });
}

function pairsOf(querystring: string): [name: string, value: string][] {
  const parts = querystring.split('&').filter(part => part !== '');
  return parts.map(part => {
    const place = part.indexOf('=');
    const [name, value] = place < 0 ? [part, ''] : [part.slice(0, place), part.slice(place + 1)];
    return [decodedQuery(name), decodedQuery(value)];
  });
}

const decodedQuery = (text: string): string =>
  percentDecoded(text.replaceAll('+', ' '), () => `the query part ${JSON.stringify(text)}`);

/** What was percent-encoded; bytes that are no text would otherwise become other ones. */
function percentDecoded(text: string, what: () => string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    const hint = 'Encode it: %25 for a percent, the bytes of UTF-8 for everything else.';
    throw new RequestProblem('badParameter', `${what()} is not percent-encoded UTF-8`, hint);
  }
}

/** The named parts of the path, as the router has found them in the path as it was sent. */
export function paramsOf<Shape extends z.ZodObject>(ctx: Context, shape: Shape): z.output<Shape> {
  const names = namesOf(shape);
  const read = (): z.output<Shape> => readParams(ctx, shape, names);
  return names.length === 0 ? meaningOf(shape, '', read) : read();
}

function readParams<Shape extends z.ZodObject>(
  ctx: Context,
  shape: Shape,
  names: readonly string[],
): z.output<Shape> {
  const { captures = [] } = ctx as { captures?: readonly string[] };
  const values = names.map((name, place) => [
    name,
    percentDecoded(captures[place] ?? '', () => `the ${name} in the path`),
  ]);
  return shapedBy(shape, Object.fromEntries(values), {
    code: 'badParameter',
    placeOf: name => `the ${name} in the path`,
    noun: 'part',
    hint: 'Correct the path.',
  });
}

/** The headers that mean something to the route. */
export function headersOf<Shape extends z.ZodObject>(ctx: Context, shape: Shape): z.output<Shape> {
  refuseEmptyPromises(ctx, namesOf(shape));
  return pickHeaders(ctx, shape);
}

function pickHeaders<Shape extends z.ZodObject>(ctx: Context, shape: Shape): z.output<Shape> {
  const given = namesOf(shape).filter(name => ctx.get(name) !== '');
  const read = (): z.output<Shape> => readHeaders(ctx, shape, given);
  return given.length === 0 ? meaningOf(shape, '', read) : read();
}

const readHeaders = <Shape extends z.ZodObject>(
  ctx: Context,
  shape: Shape,
  given: readonly string[],
): z.output<Shape> =>
  shapedBy(shape, Object.fromEntries(given.map(name => [name, ctx.get(name)])), {
    code: 'badParameter',
    placeOf: name => `the header ${name}`,
    noun: 'header',
    hint: 'Correct it, or leave it away; docs/http.md shows every header.',
  });

function refuseEmptyPromises(ctx: Context, known: readonly string[]): void {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return;
  const name = promisingHeaders.find(header => ctx.get(header) !== '' && !known.includes(header));
  if (name === undefined) return;
  const hint =
    name === 'Idempotency-Key'
      ? 'It holds for /put_all and /put_key. Keys: If-Match, or compare in /v1/txn.'
      : `Leave it away; ${ctx.path} takes no such condition.`;
  throw new RequestProblem('badParameter', `the header ${name} has no effect here`, hint);
}

const deadlineShape = z.object({
  [deadlineHeader]: wholeNumber({ min: 1, max: deadlineMaxMs }).default(defaultDeadlineMs),
});

/** How long the request may take. */
export const deadlineMsOf = (ctx: Context): number =>
  pickHeaders(ctx, deadlineShape)[deadlineHeader];
