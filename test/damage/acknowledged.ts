import type { HostedCluster } from './hosted-cluster.ts';

type EntriesPage = {
  readonly entries: readonly { readonly seq: number; readonly data: unknown }[];
};
type KeysPage = {
  readonly keys: readonly { readonly key: string; readonly value: unknown }[];
};

const pageLimit = 700;
const keyCount = 20;

/** An answer that no sound cluster gives. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

/** Everything that a cluster has said it holds, and whether it does. */
export class Acknowledged {
  readonly #cluster: HostedCluster;
  /** One text for each object, in their order. */
  readonly #objects: string[] = [];
  readonly #keys = new Map<string, string>();
  #count = 0;
  /** Why the last reading was not whole. */
  problem = '';

  constructor(cluster: HostedCluster) {
    this.#cluster = cluster;
  }

  get objectCount(): number {
    return this.#objects.length;
  }

  /** Puts some objects and a key. A refusal is no answer to be judged: it is tried again. */
  async write(objectCount: number): Promise<void> {
    this.#count += 1;
    const text = 'x'.repeat(40);
    const objects = Array.from({ length: objectCount }, (_, place) => ({
      batch: this.#count,
      place,
      text,
    }));
    await this.#demand('POST', '/put_all', objects);
    this.#objects.push(...objects.map(object => JSON.stringify(object)));
    const key = `key${this.#count % keyCount}`;
    await this.#demand('PUT', `/v1/kv/${key}`, this.#count);
    this.#keys.set(key, String(this.#count));
  }

  async #demand(method: string, path: string, body: unknown): Promise<void> {
    const { status, text } = await this.#cluster.send(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
  }

  /** Does the server (or whoever leads) hold all of it? Throws when it says something else. */
  async isReadAt(server?: string): Promise<boolean> {
    return (await this.#areObjectsRead(server)) && (await this.#areKeysRead(server));
  }

  async #areObjectsRead(server: string | undefined): Promise<boolean> {
    const at = server === undefined ? '' : `&server=${server}`;
    let next = 1;
    while (next <= this.#objects.length) {
      const path = `/v1/entries?from=${next}&limit=${pageLimit}${at}`;
      const { status, text } = await this.#cluster.send('GET', path);
      if (status !== 200) return this.#isNot(`${path}: ${text}`);
      const { entries } = JSON.parse(text) as EntriesPage;
      for (const [place, { seq, data }] of entries.entries()) {
        const wanted = this.#objects[next + place - 1];
        if (seq === next + place && JSON.stringify(data) === wanted) continue;
        throw new WrongAnswer(
          `${path}: ${JSON.stringify({ seq, data })} in place of ${next + place}`,
        );
      }
      next += entries.length;
      if (entries.length > 0) continue;
      const problem = `${path}: there is no object any more`;
      // A server may be behind; the cluster may not.
      if (server === undefined) throw new WrongAnswer(problem);
      return this.#isNot(problem);
    }
    return true;
  }

  async #areKeysRead(server: string | undefined): Promise<boolean> {
    const how = server === undefined ? 'quorum' : `local&server=${server}`;
    const path = `/v1/kv?prefix=key&limit=1000&consistency=${how}`;
    const { status, text } = await this.#cluster.send('GET', path);
    if (status !== 200) return this.#isNot(`${path}: ${text}`);
    const { keys } = JSON.parse(text) as KeysPage;
    const found = new Map(keys.map(({ key, value }) => [key, String(value)]));
    const wrong = [...this.#keys].find(([key, value]) => found.get(key) !== value);
    if (wrong === undefined) return true;
    const problem = `${path}: ${wrong[0]} is ${found.get(wrong[0])}, not ${wrong[1]}`;
    if (server === undefined) throw new WrongAnswer(problem);
    return this.#isNot(problem);
  }

  #isNot(problem: string): false {
    this.problem = problem;
    return false;
  }
}
