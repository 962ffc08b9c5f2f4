import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import type { Idempotency } from '../machines/frame/command.ts';
import { idempotencyKeyOf } from './parameters.ts';

/**
 * The key of a write, if it has one, with what it was used for: the same request again has the
 * answer of the first one, and another one under the same key is refused. Whatever changes what
 * the request does counts; how long its client is willing to wait does not.
 */
export function idempotencyOf(
  ctx: Context,
  headerNames: readonly string[],
  body: Uint8Array,
): Idempotency | undefined {
  const key = idempotencyKeyOf(ctx);
  if (key === undefined) return undefined;
  // A key is stored together with the type of its value.
  const headers = [...headerNames, 'Content-Type'].map(name => ctx.get(name));
  const head = JSON.stringify([ctx.method, ctx.path, ctx.querystring, ...headers]);
  const fingerprint = createHash('sha256').update(head).update(body).digest('base64url');
  return { key, fingerprint };
}
