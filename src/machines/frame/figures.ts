import { machines } from '../machines.ts';
import type { ReplicatedState } from './replicated-state.ts';

/** Numbers of all machines, for people and dashboards. */
export const figuresOf = ({ states }: ReplicatedState): Readonly<Record<string, number>> =>
  Object.assign({}, ...machines.map(({ slot, figures }) => figures(states[slot.name] ?? {})));
