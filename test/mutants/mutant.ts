/** A bug that is planted into the source: what stands there, and what is put in its place. */
export type Mutant = {
  readonly name: string;
  readonly edits: readonly {
    readonly file: string;
    readonly from: string;
    readonly to: string;
  }[];
  /**
   * Only such seeds are tried, of which there are few: else it would take long to meet them. Of the
   * state machines, files for people, the client server: no seeds, but what checks these alone.
   */
  readonly focus?:
    | 'leases'
    | 'members'
    | 'damage'
    | 'copies'
    | 'sleep'
    | 'machines'
    | 'keys'
    | 'hands'
    | 'gateway';
};

type Edit = Mutant['edits'][number];
type MakeMutant = (name: string, ...edits: Edit[]) => Mutant;

export const inFile = (file: string, from: string, to: string): Edit => ({
  file: `src/${file}`,
  from,
  to,
});

export const mutant: MakeMutant = (name, ...edits) => ({ name, edits });

/** Mutants that are hunted in one way. */
export const aimedAt =
  (focus: NonNullable<Mutant['focus']>): MakeMutant =>
  (name, ...edits) => ({ name, edits, focus });

export const leaseMutant = aimedAt('leases');
export const memberMutant = aimedAt('members');
export const machineMutant = aimedAt('machines');
export const keyMutant = aimedAt('keys');
export const sleepMutant = aimedAt('sleep');
export const handMutant = aimedAt('hands');
