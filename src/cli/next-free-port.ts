import { createServer } from 'node:net';
import { StartupError } from '../errors/startup-error.ts';

const triesMax = 100;

/** The first port from `first` on that can be listened on. */
export async function nextFreePort(host: string, first: number): Promise<number> {
  for (let port = first; port < first + triesMax && port <= 65_535; port += 1) {
    if (await isFree(host, port)) return port;
  }
  throw new StartupError(`no port from ${first} on is free on ${host}; name one with --port`);
}

function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise(resolve => {
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
