import { machines } from '../machines.ts';
import { type ReplicatedState, upgrade } from './replicated-state.ts';
import { createSessions } from './sessions.ts';

/*
 * A cluster that was restored from a backup must give out nothing that the old one has given out,
 * or is giving out still: the old one may have gone on for years since the backup. So the log of
 * the restored cluster begins at a floor that the old one's cannot reach, and session ids, which
 * are log indexes, tokens and revisions are beyond it for good.
 *
 * The floor is a round number, so that people see at once that an index is of a restored cluster
 * (1000000000007), and of the how-manieth. At 10,000 entries a second the old cluster would need
 * three years for one step; and there is room for thousands of restores below 2^52.
 */
const floorStep = 1e12;

/** The index at which the log of a restored cluster begins: one to two steps beyond the backup. */
export const floorBeyond = (index: number): number =>
  (Math.floor(index / floorStep) + (index % floorStep === 0 ? 1 : 2)) * floorStep;

/**
 * The state as it is to begin anew at a floor. Sessions of before are forgotten. One of an old
 * version becomes one of today: whoever reads it from now on is new.
 */
export function raisedState(state: ReplicatedState, floor: number): ReplicatedState {
  upgrade(state);
  return {
    ...state,
    appliedIndex: floor,
    token: Math.max(state.token, floor),
    sessions: createSessions(state.limits.sessions),
    states: Object.fromEntries(
      machines.map(({ slot, raised }) => [
        slot.name,
        raised(state.states[slot.name] ?? slot.create(), floor),
      ]),
    ),
  };
}
