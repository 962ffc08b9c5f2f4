/*
 * The protocol's one door: a replica is made, takes steps at its deadlines and whenever something
 * happens, and may be looked at. Beside it, others import only types, how positions and members
 * compare (position, quorum, config, incarnation), and the invariants. A house test sees to it.
 */

export { createReplica, nothingRemembered, type ReplicaOptions } from './create-replica.ts';
export { step } from './step.ts';
export { nextDeadline } from './tick.ts';
export { type View, view } from './view.ts';
