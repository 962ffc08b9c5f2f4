import type { ServerContext } from './server-context.ts';

type Parts = Pick<ServerContext, 'host' | 'requests'>;

/** A leader that goes hands over first: so nobody has to find out that it is gone. */
export function leave({ host, requests }: Parts): Promise<void> {
  if (host.view().role !== 'leader' || host.isStopped) return Promise.resolve();
  return new Promise(resolve => requests.transferLeadership(undefined, () => resolve()));
}

/** Nobody is there to hand over to: what is being handed over stays, and nobody waits for it. */
export function silence({ host, requests }: Parts): void {
  host.stop();
  requests.stopped();
}
