import { setTimeout as wait } from 'node:timers/promises';
import { changeMembers } from '../client/change-members.ts';
import { ServerCalls } from '../client/server-calls.ts';
import type { ServerAddress } from '../client/server-connection.ts';
import { ServerDirectory } from '../client/server-directory.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { watchConfiguration } from '../config/watch-configuration.ts';
import { ClusterError } from '../errors/cluster-error.ts';
import type { Level } from '../events/sentences.ts';
import { addressText } from '../transport/endpoint.ts';
import type { MemberChange, NodeId } from '../words.ts';

const attemptMs = 5000;
const pauseMs = 1000;

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

/**
 * Proposes what changes in the configuration file while the server runs. Only the difference to
 * what this file said before counts: so an old file on one machine takes back nothing that was done
 * elsewhere, and servers that share a file propose the same.
 */
export class FileFollower {
  readonly #clusterName: string;
  readonly #addresses: () => readonly ServerAddress[];
  readonly #say: (level: Level, text: string) => void;
  /** Shows what is still open to whoever asks the server. */
  readonly #show: (sentences: readonly string[]) => void;
  readonly #unwatch: () => void;
  /** What the cluster was told last. */
  #told: Nodes;
  #wanted: Nodes;
  #isBusy = false;
  #isStopped = false;

  constructor(
    configuration: LoadedConfiguration,
    {
      addresses,
      say,
      showOpenChanges,
    }: {
      addresses(): readonly ServerAddress[];
      say(level: Level, text: string): void;
      showOpenChanges(sentences: readonly string[]): void;
    },
  ) {
    this.#clusterName = configuration.clusterName;
    this.#addresses = addresses;
    this.#say = say;
    this.#show = showOpenChanges;
    this.#told = configuration.nodes;
    this.#wanted = configuration.nodes;
    this.#unwatch = watchConfiguration(configuration.path, {
      changed: changed => {
        this.#wanted = changed.nodes;
        this.#propose().catch((error: Error) => say('error', `${error.stack}`));
      },
      invalid: sentence => say('warn', `${sentence}; until then the members stay as they are`),
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#unwatch();
  }

  async #propose(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (!this.#isStopped) {
      const wanted = this.#wanted;
      const changes = differenceOf(this.#told, wanted);
      if (changes.length === 0) break;
      const isOver = await this.#tell(changes);
      if (isOver === 'accepted') this.#told = wanted;
      // Refused for good, unless the file was changed meanwhile.
      if (isOver === 'refused' && this.#wanted === wanted) break;
    }
    this.#isBusy = false;
  }

  async #tell(changes: readonly MemberChange[]): Promise<'accepted' | 'refused' | 'tryAgain'> {
    const text = changes.map(changeText).join(', ');
    const directory = new ServerDirectory(this.#clusterName, this.#addresses());
    try {
      await changeMembers(new ServerCalls(directory), changes, attemptMs);
      this.#say('info', `the configuration file has changed: ${text}; the cluster was told`);
      this.#show([]);
      return 'accepted';
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (error.code === 'unsafeChange') {
        const sentence = `the configuration file wants ${text}: refused, ${error.message}`;
        this.#say('warn', sentence);
        this.#show([sentence]);
        return 'refused';
      }
      const sentence = `the configuration file wants ${text}: ${error.message}; trying again`;
      this.#say('warn', sentence);
      this.#show([sentence]);
      await wait(pauseMs);
      return 'tryAgain';
    } finally {
      directory.close();
    }
  }
}

const changeText = (change: MemberChange): string =>
  change.type === 'put' ? `${change.id} at ${change.address}` : `${change.id} removed`;
