/** A violated invariant, found by the simulator or the explorer. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
}

export function demand(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new SimulationFailure(invariant);
}
