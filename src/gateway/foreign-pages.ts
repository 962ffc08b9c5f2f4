import type { Context, Middleware } from 'koa';
import { isKnownHost } from './known-host.ts';
import { RequestProblem } from './problem.ts';
import type { GatewayState } from './request-state.ts';

/*
 * Any page in an operator's browser can send requests to 127.0.0.1. Unasked, a browser sends only
 * simple ones for it: GET, HEAD, or POST with a type that a form can have, and no headers of its
 * own. For everything else it asks first (OPTIONS), and is never given leave. So a POST needs the
 * JSON type or a header that no form has; and what a browser says about the page that sends counts.
 */

/** Says nothing that is kept: whether we are alive, whether we serve, figures. */
const publicPaths: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);
/** The page and the client server have the same origin, or there is no page. */
const ownSites: ReadonlySet<string> = new Set(['', 'same-origin', 'none']);
const deliberateHeader = 'X-Gossip-Raft';
export const jsonType = /^application\/(json|[\w.+-]+\+json)$/;

/** Headers of every answer: nothing is guessed, and nothing is part of another origin's page. */
export const answerHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
const labels = Object.entries(answerHeaders);
/** A value may be a page with scripts in it; opened, it must be able to do nothing here. */
export const valuePolicy = "default-src 'none'; sandbox; frame-ancestors 'none'";

export const labelAnswers: Middleware<GatewayState> = (ctx, next) => {
  for (const [name, value] of labels) ctx.res.setHeader(name, value);
  return next();
};

/** Turns away what other sites' pages send, and what is meant for another host. */
export const refuseForeignPages =
  (allowedHosts: readonly string[]): Middleware<GatewayState> =>
  (ctx, next) => {
    refuseForeignHost(ctx, allowedHosts);
    const isPublicRead =
      (ctx.method === 'GET' || ctx.method === 'HEAD') && publicPaths.has(ctx.path);
    if (!isPublicRead) refuseForeignOrigin(ctx);
    return next();
  };

function refuseForeignHost(ctx: Context, allowedHosts: readonly string[]): void {
  const { host } = ctx.req.headers;
  if (host === undefined && ctx.req.httpVersion !== '1.0') {
    throw new RequestProblem('badRequest', 'the header Host is missing', 'HTTP/1.1 needs one.');
  }
  // HTTP/1.0 knows none; every browser sends one.
  if (host === undefined || isKnownHost(host, allowedHosts)) return;
  const name = JSON.stringify(host.slice(0, 100));
  const hint =
    'Use an address or localhost, or list the name: --allowed-hosts, or "allowedHosts" in the ' +
    'configuration.';
  throw new RequestProblem('foreignHost', `the header Host is ${name}, which is not ours`, hint);
}

function refuseForeignOrigin(ctx: Context): void {
  const origin = ctx.get('Origin');
  const site = ctx.get('Sec-Fetch-Site');
  if ((origin === '' || isOwn(origin, ctx)) && ownSites.has(site)) return;
  const page = origin === '' ? 'a page of another site' : `a page of ${origin.slice(0, 100)}`;
  const open = [...publicPaths].join(', ');
  const hint = `Ask from the command line, or open the address itself; pages may read ${open}.`;
  throw new RequestProblem('foreignOrigin', `this request comes from ${page}`, hint);
}

function isOwn(origin: string, ctx: Context): boolean {
  try {
    return new URL(origin).host === ctx.req.headers.host?.toLowerCase();
  } catch {
    return false;
  }
}

/** Was this POST meant, or could any form have sent it? */
export function requireDeliberate(ctx: Context): void {
  if (ctx.method !== 'POST' || ctx.get(deliberateHeader) !== '') return;
  if (jsonType.test(typeOf(ctx))) return;
  const detail = `the header ${deliberateHeader} is missing: any web page could have sent this`;
  const hint = `Send it: ${curlLine(ctx, `-H '${deliberateHeader}: 1'`)}`;
  throw new RequestProblem('missingHeader', detail, hint);
}

/** JSON must say so: what a form can send is refused. */
export function requireJson(ctx: Context, curlFlags: string): void {
  const type = typeOf(ctx);
  if (jsonType.test(type)) return;
  const detail =
    type === '' ? 'the content type is missing' : `the content type "${type}" is not JSON`;
  throw new RequestProblem(
    'wrongContentType',
    detail,
    `Send it as JSON: ${curlLine(ctx, curlFlags)}`,
  );
}

const typeOf = (ctx: Context): string =>
  ctx.get('Content-Type').split(';')[0]?.trim().toLowerCase() ?? '';

/** The request as it would have worked, to be pasted into a shell. */
function curlLine(ctx: Context, flags: string): string {
  const { host = 'localhost' } = ctx.req.headers;
  const url = `http://${host}${ctx.url}`.replaceAll("'", '%27');
  return `curl -X ${ctx.method} '${url}' ${flags}`;
}
