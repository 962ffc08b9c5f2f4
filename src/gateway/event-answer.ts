import type { Context } from 'koa';
import type { GatewayContext } from './context.ts';
import { EventResponse } from './event-response.ts';
import type { WatchSubject } from './shared-watch.ts';
import { eventText, progressText } from './watch-words.ts';

const retryMs = 1000;
const pingMs = 10_000;

export type EventStream = {
  readonly subject: WatchSubject;
  /** Behind this revision. */
  readonly after: number;
  /** Also while nothing happens the place is told, not only that somebody is there. */
  readonly tellsProgress: boolean;
  /** What is told first. */
  readonly opening?: string;
};

/** Answers with server-sent events, as long as the connection lives. */
export async function answerEvents(
  ctx: Context,
  { watches }: GatewayContext,
  { subject, after, tellsProgress, opening = '' }: EventStream,
): Promise<EventResponse> {
  ctx.respond = false;
  const { res } = ctx;
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const reader = new EventResponse(res, after);
  reader.write(`retry:${retryMs}\n\n${eventText('start', after, { after })}${opening}`);
  const pinging = setInterval(() => {
    if (tellsProgress) reader.write(progressText(reader.seen));
    else reader.ping();
  }, pingMs);
  // It may be gone before it has been let in.
  let leave: (() => void) | undefined;
  res.once('close', () => {
    clearInterval(pinging);
    leave?.();
  });
  leave = await watches.join(subject, reader);
  if (res.closed) leave();
  return reader;
}
