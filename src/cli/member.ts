import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { addressText, problemOfAddress } from '../addresses.ts';
import type { ClusterClient } from '../client/cluster-client.ts';
import { type ClusterView, viewCluster } from '../client/cluster-view.ts';
import { type LoadedConfiguration, loadConfiguration } from '../config/load-configuration.ts';
import { serverName, serverNameRule } from '../config/server-name.ts';
import { StartupError } from '../errors/startup-error.ts';
import type { MemberChange, NodeId } from '../words.ts';
import { commandTimeoutMs as timeoutMs, withClient } from './with-client.ts';

const pollMs = 200;

type ChangeOptions = {
  readonly config: string;
  readonly wait: boolean;
  /** So many seconds without a move are too long. */
  readonly timeout: number;
};

/** `gossip-raft member list`: who belongs to the cluster, and what is on its way. */
export async function listMembers(options: { readonly config: string }): Promise<void> {
  await withClient(options, async client => {
    await client.currentConfig(timeoutMs);
    const { members, leader, changes } = await viewCluster(client);
    const width = Math.max(...members.map(({ id }) => id.length));
    for (const { id, address, standing, reachable } of members) {
      const role = id === leader ? 'leader' : standing;
      const state = reachable ? '' : '  (cannot be reached)';
      print(`${id.padEnd(width)}  ${role.padEnd(7)}  ${address}${state}`);
    }
    for (const change of changes) print(change);
  });
}

/** `gossip-raft member add NAME [ADDRESS]` */
export async function addMember(
  id: string,
  address: string | undefined,
  options: ChangeOptions,
): Promise<void> {
  const put = putOf(loadConfiguration(resolve(options.config)), id, address);
  await change(options, () => Promise.resolve([put]));
}

/** `gossip-raft member remove NAME` */
export const removeMember = (name: string, options: ChangeOptions): Promise<void> =>
  change(options, async client => {
    const { id } = await client.member(name, timeoutMs);
    return [{ type: 'remove', id }];
  });

/** `gossip-raft member replace NAME`: by an empty directory, or in one step by another server. */
export async function replaceMember(
  name: string,
  options: ChangeOptions & {
    readonly with?: string;
    readonly address?: string;
    readonly force?: boolean;
  },
): Promise<void> {
  const { with: other, address } = options;
  if (address !== undefined && other === undefined) {
    throw new StartupError(
      '--address is that of another server: name it with --with NAME; to move a server, use ' +
        `"gossip-raft member add ${name} ${address}"`,
    );
  }
  if (other === name) {
    throw new StartupError(`${name} cannot take its own place; leave --with ${name} away`);
  }
  await change(options, async client => {
    const member = await client.member(name, timeoutMs);
    if (other !== undefined) {
      const file = loadConfiguration(resolve(options.config));
      return [putOf(file, other, address), { type: 'remove', id: member.id }];
    }
    if (options.force !== true && (await client.stillHolds(member))) {
      throw new StartupError(
        `${name} still answers with the data directory that would be given up, and what is in it ` +
          `would count no more; stop ${name} first, or say --force`,
      );
    }
    const { id, directoryId } = member;
    return directoryId === undefined ? [] : [{ type: 'replace', id, directoryId }];
  });
}

/** Without an address, it is the one that the file lists. */
function putOf(
  { nodes, path }: LoadedConfiguration,
  id: string,
  address: string | undefined,
): MemberChange {
  if (!serverName.test(id)) {
    throw new StartupError(`${serverNameRule}, got ${JSON.stringify(id.slice(0, 64))}`);
  }
  const node = nodes[id];
  const text = address ?? (node === undefined ? undefined : addressText(node));
  if (text === undefined) {
    throw new StartupError(`${path} lists no server "${id}": name its address, host:port`);
  }
  const problem = problemOfAddress(text);
  if (problem !== undefined) throw new StartupError(problem);
  return { type: 'put', id: id as NodeId, address: text };
}

async function change(
  options: ChangeOptions,
  wanted: (client: ClusterClient) => Promise<readonly MemberChange[]>,
): Promise<void> {
  await withClient(options, async client => {
    await client.changeMembers(await wanted(client), timeoutMs);
    if (!options.wait) print('accepted; GET /v1/cluster shows the progress');
    else await showProgress(client, options.timeout);
  });
}

/** Tells what is still on its way, until nothing is, or nothing has moved for too long. */
async function showProgress(client: ClusterClient, patienceSeconds: number): Promise<void> {
  let told = '';
  let movedAtMs = performance.now();
  for (;;) {
    const { changes, members, leader } = await viewWithMembers(client);
    if (changes.length === 0 && leader !== undefined) {
      print(`done: ${members.map(({ id }) => id).join(', ')}; ${leader} leads`);
      return;
    }
    const text = changes.join('\n');
    if (text !== told && text !== '') print(text);
    if (text !== told) movedAtMs = performance.now();
    told = text;
    if (performance.now() - movedAtMs > 1000 * patienceSeconds) {
      const state = changes.join(', ') || 'no server leads';
      throw new StartupError(
        `nothing has moved for ${patienceSeconds} s: ${state}; it stays on its way, ` +
          'and "gossip-raft member list" shows it',
      );
    }
    await wait(pollMs);
  }
}

/** During a change there may be nobody to ask for a moment; what is known then is shown. */
async function viewWithMembers(client: ClusterClient): Promise<ClusterView> {
  await client.currentConfig(timeoutMs).catch(() => undefined);
  return viewCluster(client);
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
