import { timeAt } from '../machines/frame/log-clock.ts';
import type { HostContext } from './host-context.ts';

/** Log time, if a command came now; at a server that does not lead, as of the last one. */
export function logTimeNow({ host, applyLoop }: Pick<HostContext, 'host' | 'applyLoop'>): number {
  const { clock } = applyLoop.state;
  const wallMs = host.view().stamp(host.now());
  return wallMs === undefined ? clock.nowMs : timeAt(clock, { term: host.view().term, wallMs });
}
