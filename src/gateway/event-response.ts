import type { ServerResponse } from 'node:http';
import type { WatchReader } from './shared-watch.ts';

/** Who was told that it is too slow may still read that; then it is cut off. */
const farewellMs = 5000;

/** What of a response is needed here; it may be that nobody reads it. */
type Response = Pick<
  ServerResponse,
  'writableEnded' | 'writableLength' | 'write' | 'end' | 'destroy' | 'once' | 'on'
>;

/**
 * A response that lives as long as a watch. After its last word nothing is written any more:
 * whoever does not read leaves it open for a while, and what comes after the end would be an
 * error.
 */
export class EventResponse implements WatchReader {
  seen: number;
  readonly #response: Response;

  constructor(response: Response, seen: number) {
    this.seen = seen;
    this.#response = response;
    // That somebody has gone is told by its end.
    response.on('error', () => undefined);
  }

  get backlogBytes(): number {
    return this.#response.writableLength;
  }

  write(bytes: Buffer | string): void {
    if (!this.#response.writableEnded) this.#response.write(bytes);
  }

  /** Shows a reader of whom nothing has changed that somebody is there. */
  ping(): void {
    this.write(':\n\n');
  }

  end(code: string, detail: string): void {
    const response = this.#response;
    if (response.writableEnded) return;
    response.end(`event:end\ndata:${JSON.stringify({ code, detail })}\n\n`);
    const timer = setTimeout(() => response.destroy(), farewellMs);
    response.once('close', () => clearTimeout(timer));
  }

  onceDrained(run: () => void): void {
    this.#response.once('drain', run);
  }
}
