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

/** Reads one part of a request, and checks it against a shape. */
type Reader<Shape extends z.ZodObject> = (ctx: Context) => z.output<Shape>;

/** Longer queries are read each time. */
const rememberedMaxLength = 200;
const rememberedMax = 100;

const namesOf = (shape: z.ZodObject): string[] => Object.keys(shape.shape);

/**
 * The parameters behind the question mark: each known, and given once. Clients send the same few
 * queries again and again: each is read once, and what it means is shared.
 */
export function queryReader<Shape extends z.ZodObject>(shape: Shape): Reader<Shape> {
  const remembered = new Map<string, z.output<Shape>>();
  const known = namesOf(shape);
  const read = (ctx: Context): z.output<Shape> => {
    const query = readQuery(ctx, shape, known);
    if (ctx.querystring.length > rememberedMaxLength) return query;
    if (remembered.size >= rememberedMax) remembered.clear();
    remembered.set(ctx.querystring, query);
    return query;
  };
  return ctx => remembered.get(ctx.querystring) ?? read(ctx);
}

function readQuery<Shape extends z.ZodObject>(
  ctx: Context,
  shape: Shape,
  known: readonly string[],
): z.output<Shape> {
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
export function paramsReader<Shape extends z.ZodObject>(shape: Shape): Reader<Shape> {
  const names = namesOf(shape);
  if (names.length === 0) {
    const none = shape.parse({});
    return () => none;
  }
  return ctx => {
    const { captures = [] } = ctx as { captures?: readonly string[] };
    const values: Record<string, string> = {};
    for (const [place, name] of names.entries()) {
      values[name] = percentDecoded(captures[place] ?? '', () => `the ${name} in the path`);
    }
    return shapedBy(shape, values, {
      code: 'badParameter',
      placeOf: name => `the ${name} in the path`,
      noun: 'part',
      hint: 'Correct the path.',
    });
  };
}

/** A header as people write it, and as Node.js keeps it. */
type Header = { readonly name: string; readonly key: string };
const headerOf = (name: string): Header => ({ name, key: name.toLowerCase() });
const isGiven = (ctx: Context, { key }: Header): boolean => (ctx.req.headers[key] ?? '') !== '';

export const idempotencyHeader = 'Idempotency-Key';
const idempotencyKeyMaxLength = 200;

/** Headers that change what a write does: where one means nothing, it promises what is not kept. */
const promisingHeaders = [
  'If-Match',
  'If-None-Match',
  idempotencyHeader,
  'X-Lock',
  'X-Fencing-Token',
].map(headerOf);

/** The headers that mean something to the route; others that promise something are refused. */
export function headersReader<Shape extends z.ZodObject>(
  shape: Shape,
  { takesIdempotencyKey }: { readonly takesIdempotencyKey: boolean },
): Reader<Shape> {
  const names = [...namesOf(shape), ...(takesIdempotencyKey ? [idempotencyHeader] : [])];
  const meaningless = promisingHeaders.filter(({ name }) => !names.includes(name));
  const pick = headerPicker(shape);
  return ctx => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      refuseAny(ctx, meaningless);
      refuseEmpty(ctx);
    }
    return pick(ctx);
  };
}

function headerPicker<Shape extends z.ZodObject>(shape: Shape): Reader<Shape> {
  const headers = namesOf(shape).map(headerOf);
  const read = (ctx: Context): z.output<Shape> => {
    const given = headers.filter(header => isGiven(ctx, header));
    return shapedBy(shape, Object.fromEntries(given.map(({ name }) => [name, ctx.get(name)])), {
      code: 'badParameter',
      placeOf: name => `the header ${name}`,
      noun: 'header',
      hint: 'Correct it, or leave it away; docs/http.md shows every header.',
    });
  };
  /** Most requests give none, which always means the same. */
  let ofNone: z.output<Shape> | undefined;
  return ctx => {
    if (headers.some(header => isGiven(ctx, header))) return read(ctx);
    ofNone ??= read(ctx);
    return ofNone;
  };
}

/** An empty key, say: whoever sends it relies on it. */
function refuseEmpty(ctx: Context): void {
  const name = promisingHeaders.find(({ key }) => ctx.req.headers[key] === '')?.name;
  if (name === undefined) return;
  throw new RequestProblem('badParameter', `the header ${name} is empty`, 'Leave it away.');
}

function refuseAny(ctx: Context, headers: readonly Header[]): void {
  const name = headers.find(header => isGiven(ctx, header))?.name;
  if (name === undefined) return;
  const hint =
    name === idempotencyHeader
      ? 'Leave it away: this can be repeated as it is.'
      : `Leave it away; ${ctx.path} takes no such condition.`;
  throw new RequestProblem('badParameter', `the header ${name} has no effect here`, hint);
}

const pickIdempotencyKey = headerPicker(
  z.object({
    [idempotencyHeader]: z
      .string()
      .max(idempotencyKeyMaxLength, {
        error: `which is longer than ${idempotencyKeyMaxLength} characters: use a UUID`,
      })
      .optional(),
  }),
);

/** The client's own name for the request, so that asking twice writes once. */
export const idempotencyKeyOf = (ctx: Context): string | undefined =>
  pickIdempotencyKey(ctx)[idempotencyHeader];

const pickDeadline = headerPicker(
  z.object({
    [deadlineHeader]: wholeNumber({ min: 1, max: deadlineMaxMs }).default(defaultDeadlineMs),
  }),
);

/** How long the request may take. */
export const deadlineMsOf = (ctx: Context): number => pickDeadline(ctx)[deadlineHeader];
