/** A transaction of the models has no effect, for this reason. */
export class ModelAborted extends Error {
  override readonly name = 'ModelAborted';
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

export type ModelMoment = { readonly term: number; readonly index: number; readonly nowMs: number };

/** States by the names of their models, and the last token that was given out. */
export type ModelStates = {
  readonly states: Readonly<Record<string, object>>;
  readonly token: number;
};

/** What a transaction has made so far of the states of all models. */
export class ModelDraft {
  readonly at: ModelMoment;
  states: Readonly<Record<string, object>>;
  token: number;
  readonly #leaseEnded: (draft: ModelDraft, lease: number) => void;

  constructor(
    at: ModelMoment,
    { states, token }: ModelStates,
    leaseEnded: (draft: ModelDraft, lease: number) => void,
  ) {
    this.at = at;
    this.states = states;
    this.token = token;
    this.#leaseEnded = leaseEnded;
  }

  get<State>(name: string): State {
    return this.states[name] as State;
  }

  change<State extends object>(name: string, patch: Partial<State>): void {
    this.states = { ...this.states, [name]: { ...this.states[name], ...patch } };
  }

  demand(holds: boolean, reason: string): void {
    if (!holds) throw new ModelAborted(reason);
  }

  nextToken(): number {
    this.token += 1;
    return this.token;
  }

  leaseEnded(lease: number): void {
    this.#leaseEnded(this, lease);
  }
}

/** The map with one key more, or another value under it; or, with undefined, without it. */
export function withKey<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  key: Key,
  value: Value | undefined,
): ReadonlyMap<Key, Value> {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}
