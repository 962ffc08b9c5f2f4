import { encodeCommand } from '../machines/frame/command.ts';
import type { HostContext } from './host-context.ts';

/** Members are looked at again then: who understands what comes with their facts. */
const lookIntervalMs = 1000;

/**
 * Raises the level of the commands that may be used, at the leader, when all members are known to
 * understand more. One that was never heard of is not known to: it waits for all to be updated.
 */
export class LevelRaiser {
  readonly #context: HostContext;
  #isProposed = false;
  #callOff: (() => void) | undefined;
  #unsubscribe = (): void => undefined;

  constructor(context: HostContext) {
    this.#context = context;
  }

  start(): void {
    this.#unsubscribe = this.#context.requests.onAdvance(() => this.#look());
  }

  stop(): void {
    this.#unsubscribe();
    this.#callOff?.();
  }

  #lookLater(): void {
    this.#callOff ??= this.#context.timers.after(lookIntervalMs, () => {
      this.#callOff = undefined;
      this.#look();
    });
  }

  #look(): void {
    const { host, applyLoop, requests } = this.#context;
    const { role, identity } = host.view();
    const isRaised = applyLoop.state.level >= identity.commandLevel;
    if (isRaised || this.#isProposed || role !== 'leader') return;
    const level = this.#commonLevel();
    if (level <= applyLoop.state.level) {
      this.#lookLater();
      return;
    }
    this.#isProposed = true;
    const command = encodeCommand({ type: 'raiseLevel', level });
    const end = (): void => {
      this.#isProposed = false;
    };
    requests.propose([command], answer => {
      // Behind it there may be one more level that all have reached.
      if (answer.type === 'appended') requests.appliedAt(answer.position, end);
      else {
        end();
        this.#lookLater();
      }
    });
  }

  /** The highest level that all members are known to understand, as far as this server does. */
  #commonLevel(): number {
    const { host, applyLoop } = this.#context;
    const view = host.view();
    let level = view.identity.commandLevel;
    while (level > applyLoop.state.level && view.membersBelow(level).length > 0) level -= 1;
    return level;
  }
}
