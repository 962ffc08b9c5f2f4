import { encodeCommand, encodeRequest, encodeTransact } from '../machines/frame/command.ts';
import type { Result } from '../machines/frame/result.ts';
import type { Transaction } from '../machines/transaction.ts';
import type { HostContext } from './host-context.ts';

/** Undefined when this server does not lead, or may not have led long enough to know. */
type Tell = (result: Result | undefined) => void;

/**
 * Writes of a server's own doors: as a client server's, they have a session, which is opened with
 * the first of them in each leadership.
 */
export class OwnSession {
  readonly #context: Pick<HostContext, 'requests' | 'host'>;
  #session: number | undefined;
  #isOpening = false;
  #lastSequence = 0;
  #waiting: { readonly transaction: Transaction; readonly tell: Tell }[] = [];
  readonly #sent = new Map<number, Tell>();

  constructor(context: Pick<HostContext, 'requests' | 'host'>) {
    this.#context = context;
  }

  transact(transaction: Transaction): Promise<Result | undefined> {
    return new Promise(resolve => {
      this.#waiting.push({ transaction, tell: resolve });
      if (this.#session !== undefined) this.#send(this.#session);
      else this.#open();
    });
  }

  #open(): void {
    if (this.#isOpening) return;
    this.#isOpening = true;
    const { requests } = this.#context;
    requests.propose([encodeCommand({ type: 'openSession', nonce: '' })], answer => {
      if (answer.type !== 'appended') this.#lose();
      else {
        const { position } = answer;
        requests.appliedAt(position, isApplied => {
          if (isApplied) this.#begin(position.index);
          else this.#lose();
        });
      }
    });
  }

  #begin(session: number): void {
    this.#isOpening = false;
    this.#session = session;
    this.#lastSequence = 0;
    this.#context.requests.subscribe(session, {
      acknowledged: ({ sequence, result }) => {
        const tell = this.#sent.get(sequence);
        this.#sent.delete(sequence);
        tell?.(result);
        // The cluster has forgotten it; the next one begins anew.
        if (result.type === 'sessionExpired') this.#session = undefined;
      },
      ended: () => this.#lose(),
    });
    this.#send(session);
  }

  #send(session: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { transaction, tell } of waiting) {
      this.#lastSequence += 1;
      const sequence = this.#lastSequence;
      this.#sent.set(sequence, tell);
      const [oldest = sequence] = this.#sent.keys();
      const request = encodeRequest({ transaction, idempotency: undefined });
      const command = encodeTransact({ session, ackedBelow: oldest }, [{ sequence, request }]);
      this.#context.requests.propose([command], answer => {
        if (answer.type === 'appended') return;
        this.#sent.delete(sequence);
        tell(undefined);
      });
    }
  }

  /** What was sent may have had its effect: nobody here knows. */
  #lose(): void {
    this.#isOpening = false;
    this.#session = undefined;
    const tells = [...this.#sent.values(), ...this.#waiting.map(({ tell }) => tell)];
    this.#sent.clear();
    this.#waiting = [];
    for (const tell of tells) tell(undefined);
  }
}
