import { setTimeout as wait } from 'node:timers/promises';
import { addressText } from '../addresses.ts';
import { changeMembers } from '../client/change-members.ts';
import { ServerCalls } from '../client/server-calls.ts';
import type { ServerAddress } from '../client/server-connection.ts';
import { ServerDirectory } from '../client/server-directory.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { watchConfiguration } from '../config/watch-configuration.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import type { Level } from '../events/sentences.ts';
import type { MemberChange, NodeId } from '../words.ts';

const attemptMs = 5000;
/** What had no answer is tried again after a moment; what was refused, when more may be up. */
const pauseMs = 1000;
const refusedPauseMs = 5000;

type Nodes = LoadedConfiguration['nodes'];

/** What somebody wants who has made the one list out of the other. */
export function differenceOf(before: Nodes, after: Nodes): MemberChange[] {
  const put = Object.entries(after)
    .filter(([id, node]) => {
      const old = before[id];
      return old === undefined || addressText(old) !== addressText(node);
    })
    .map(([id, node]) => ({ type: 'put' as const, id: id as NodeId, address: addressText(node) }));
  const removed = Object.keys(before).filter(id => after[id] === undefined);
  return [...put, ...removed.map(id => ({ type: 'remove' as const, id: id as NodeId }))];
}

/** What a server reads once, at its start. */
const readAtStart = ['clusterName', 'dataDirectory', 'timing', 'limits', 'retention'] as const;

/** Says what is different now and counts from the next start on; undefined when nothing is. */
export function ignoredSentence(
  before: LoadedConfiguration,
  after: LoadedConfiguration,
): string | undefined {
  const fields = readAtStart.filter(
    field => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
  if (fields.length === 0) return undefined;
  const name = fields.includes('clusterName')
    ? `; a data directory of "${before.clusterName}" will be refused then`
    : '';
  return (
    `the configuration file has another ${fields.join(', ')} than at the start of this server, ` +
    `which counts from its next start on${name}`
  );
}

/** What a follower needs of its server. */
export type FollowedServer = {
  addresses(): readonly ServerAddress[];
  say(level: Level, text: string): void;
  /** Shows what is still open to whoever asks the server. */
  showOpenChanges(sentences: readonly string[]): void;
};

/**
 * Proposes what changes in the configuration file while the server runs. Only the difference to
 * what this file said before counts: so an old file on one machine takes back nothing that was done
 * elsewhere, and servers that share a file propose the same. What is refused, or has no answer, is
 * proposed again for as long as the file wants it.
 */
export class FileFollower {
  readonly #started: LoadedConfiguration;
  readonly #server: FollowedServer;
  readonly #unwatch: () => void;
  /** What the cluster was told last. */
  #told: Nodes;
  #wanted: Nodes;
  #isBusy = false;
  #isStopped = false;
  #pause = new AbortController();
  /** Said last, each: nothing is repeated every time the file is written. */
  readonly #said = new Map<string, string>();

  constructor(configuration: LoadedConfiguration, server: FollowedServer) {
    this.#started = configuration;
    this.#server = server;
    this.#told = configuration.nodes;
    this.#wanted = configuration.nodes;
    this.#said.set('warnings', configuration.warnings.join('; '));
    this.#unwatch = watchConfiguration(configuration.path, {
      changed: changed => this.#changed(changed),
      invalid: sentence => {
        this.#sayOnce('invalid', 'warn', `${sentence}; until then the members stay as they are`);
      },
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#unwatch();
    this.#pause.abort();
  }

  #changed(changed: LoadedConfiguration): void {
    this.#said.delete('invalid');
    this.#sayOnce('ignored', 'warn', ignoredSentence(this.#started, changed));
    this.#sayOnce('warnings', 'warn', changed.warnings.join('; '));
    this.#wanted = changed.nodes;
    this.#pause.abort();
    this.#propose().catch((error: Error) => this.#server.say('error', `${error.stack}`));
  }

  async #propose(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (!this.#isStopped) {
      const wanted = this.#wanted;
      const changes = differenceOf(this.#told, wanted);
      if (changes.length === 0) break;
      this.#pause = new AbortController();
      const open = await this.#tell(changes);
      if (open === undefined) this.#told = wanted;
      else await this.#wait(open);
    }
    this.#isBusy = false;
    this.#said.delete('open');
    this.#server.showOpenChanges([]);
  }

  /** Undefined when the cluster knows of it; otherwise why not, and when to try again. */
  async #tell(changes: readonly MemberChange[]): Promise<OpenChange | undefined> {
    const text = changes.map(changeText).join(', ');
    const directory = new ServerDirectory(this.#started.clusterName, this.#server.addresses());
    try {
      await changeMembers(new ServerCalls(directory), changes, attemptMs);
      this.#server.say('info', `the configuration file has changed: ${text}; the cluster was told`);
      return undefined;
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      const wish = `the configuration file wants ${text}`;
      return error.code === 'unsafeChange'
        ? { sentence: `${wish}: refused, ${error.message}`, pauseMs: refusedPauseMs }
        : { sentence: `${wish}: ${error.message}; it is tried again`, pauseMs };
    } finally {
      directory.close();
    }
  }

  async #wait({ sentence, pauseMs: ms }: OpenChange): Promise<void> {
    this.#sayOnce('open', 'warn', sentence);
    this.#server.showOpenChanges([sentence]);
    await wait(ms, undefined, { signal: this.#pause.signal }).catch(() => undefined);
  }

  #sayOnce(about: string, level: Level, text: string | undefined): void {
    if (text === undefined || text === '') this.#said.delete(about);
    else if (this.#said.get(about) !== text) {
      this.#said.set(about, text);
      this.#server.say(level, text);
    }
  }
}

type OpenChange = { readonly sentence: string; readonly pauseMs: number };

const changeText = (change: MemberChange): string =>
  change.type === 'put' ? `${change.id} at ${change.address}` : `${change.id} removed`;
