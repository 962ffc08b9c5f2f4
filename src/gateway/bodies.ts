import type { Context } from 'koa';
import { z } from 'zod';
import { requireDeliberate, requireJson } from './foreign-pages.ts';
import { countObjects, type ParsedBody, parseJsonBody, requireObject } from './parse-objects.ts';
import { RequestProblem } from './problem.ts';
import { readBody } from './read-body.ts';
import { shapedBy } from './shaped-by.ts';

/** A body, and the bytes that it was written with. */
export type Sent<Body> = { readonly value: Body; readonly bytes: Uint8Array };

/** What a route takes as its body. */
export type BodyRule<Body> = {
  /** For whoever describes the interface; undefined: none, or any bytes. */
  readonly shape: z.ZodType | undefined;
  read(ctx: Context, bodyMaxBytes: number): Promise<Sent<Body>>;
};

const noBytes = Buffer.alloc(0);

const smallBodyMaxBytes = 16 * 1024;
/** The flags with which curl sends such a body. */
const flagsOf = (example: string): string => `-H 'content-type: application/json' -d '${example}'`;

/** The route takes none: what is sent would be thought to mean something. */
export const noBody: BodyRule<undefined> = {
  shape: undefined,
  async read(ctx) {
    requireDeliberate(ctx);
    const hasBody = Number(ctx.get('Content-Length')) > 0 || ctx.get('Transfer-Encoding') !== '';
    if (!hasBody) return { value: undefined, bytes: noBytes };
    ctx.req.resume();
    const detail = `${ctx.method} ${ctx.path} takes no body`;
    throw new RequestProblem('badBody', detail, 'Leave it away; parameters go behind a "?".');
  },
};

/** Any bytes, kept as they came. */
export const anyBytes: BodyRule<Buffer> = {
  shape: undefined,
  async read(ctx, bodyMaxBytes) {
    const bytes = await readBody(ctx.req, bodyMaxBytes);
    return { value: bytes, bytes };
  },
};

/** One JSON text of that shape. With `isLarge` it may be as large as a put. */
export const jsonBody = <Shape extends z.ZodType>(
  shape: Shape,
  example: string,
  { isLarge = false } = {},
): BodyRule<z.output<Shape>> => ({
  shape,
  async read(ctx, bodyMaxBytes) {
    requireJson(ctx, flagsOf(example));
    const body = await readBody(ctx.req, isLarge ? bodyMaxBytes : smallBodyMaxBytes);
    const { value, bytes } = parseJsonBody(body);
    return { value: shapedBy(shape, value), bytes };
  },
});

/** The same, or nothing at all, which stands for `{}`. */
export const optionalJsonBody = <Shape extends z.ZodType>(
  shape: Shape,
  example: string,
): BodyRule<z.output<Shape>> => ({
  shape,
  async read(ctx) {
    requireDeliberate(ctx);
    const bytes = await readBody(ctx.req, smallBodyMaxBytes);
    if (bytes.length > 0) requireJson(ctx, flagsOf(example));
    const value = shapedBy(shape, bytes.length === 0 ? {} : parseJsonBody(bytes).value);
    return { value, bytes };
  },
});

export type Batch = {
  readonly count: number;
  /** A JSON array, byte for byte as it was written. */
  readonly data: Uint8Array;
  readonly wasMended: boolean;
};

const anyObject = z.looseObject({});

/** Objects are checked by hand: they may be many, and their bytes are kept. */
const batchBody = (
  shape: z.ZodType,
  example: string,
  batchOf: (body: ParsedBody) => Batch,
): BodyRule<Batch> => ({
  shape,
  async read(ctx, bodyMaxBytes) {
    requireJson(ctx, flagsOf(example));
    const bytes = await readBody(ctx.req, bodyMaxBytes);
    return { value: batchOf(parseJsonBody(bytes)), bytes };
  },
});

export const manyObjects = batchBody(
  z.array(anyObject).min(1),
  '[{"hello":"world"}]',
  ({ bytes, value, wasMended }) => ({ count: countObjects(value), data: bytes, wasMended }),
);

export const oneObject = batchBody(
  anyObject,
  '{"hello":"world"}',
  ({ bytes, value, wasMended }) => {
    requireObject(value);
    const data = Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]);
    return { count: 1, data, wasMended };
  },
);
