import { existsSync, writeFileSync } from 'node:fs';
import { StartupError } from '../errors/startup-error.ts';
import { nextFreePort } from './next-free-port.ts';

/** Below 32768, where the system takes the ports of outgoing connections from. */
const firstPort = 17_051;
const serverCount = 3;

/**
 * Where nobody has written a configuration yet, `gossip-raft dev` writes one: three servers on
 * this machine. The file stays, so that the other commands find them, and people something to edit.
 */
export async function chooseConfiguration(
  path: string,
  say: (text: string) => void,
): Promise<void> {
  if (existsSync(path)) return;
  const nodes: Record<string, { host: string; port: number }> = {};
  let port = firstPort;
  for (let place = 0; place < serverCount; place += 1) {
    port = await nextFreePort('127.0.0.1', port);
    nodes[`n${place}`] = { host: 'localhost', port };
    port += 1;
  }
  try {
    writeFileSync(path, `${JSON.stringify({ nodes }, undefined, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartupError(
      `the configuration ${path} cannot be written (${code}); name one with --config FILE, ` +
        'or change to another folder',
    );
  }
  say(`there was no ${path}: it is made, with ${serverCount} servers on this machine`);
}
