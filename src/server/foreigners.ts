import type { Foreigner } from '../transport/transport.ts';

export type MetForeigner = Foreigner & { readonly lastMetWallMs: number };
type Remembered = MetForeigner & { readonly toldAtMs: number };

/** Anybody may knock: the oldest are forgotten. */
const rememberedMax = 16;
/** They come all the time, or never: each is told this often. */
const tellIntervalMs = 60_000;
/** Who was not met for so long has gone, or the file was corrected. */
const forgetAfterMs = 5 * tellIntervalMs;

/** Servers of other clusters that were met lately: an address in some file is wrong. */
export class Foreigners {
  readonly #met = new Map<string, Remembered>();

  /** Takes note of one, and says whether it is to be told. */
  note(foreigner: Foreigner, nowMs = Date.now()): boolean {
    const { server, clusterId, isAnswer } = foreigner;
    const key = JSON.stringify([server, clusterId, isAnswer]);
    const known = this.#met.get(key);
    const isNews = known === undefined || nowMs - known.toldAtMs >= tellIntervalMs;
    const toldAtMs = isNews ? nowMs : known.toldAtMs;
    // The newest stand last.
    this.#met.delete(key);
    this.#met.set(key, { ...foreigner, lastMetWallMs: nowMs, toldAtMs });
    const [oldest] = this.#met.keys();
    if (this.#met.size > rememberedMax && oldest !== undefined) this.#met.delete(oldest);
    return isNews;
  }

  recent(nowMs = Date.now()): readonly MetForeigner[] {
    return [...this.#met.values()]
      .filter(({ lastMetWallMs }) => nowMs - lastMetWallMs < forgetAfterMs)
      .map(({ toldAtMs: _, ...foreigner }) => foreigner);
  }
}
