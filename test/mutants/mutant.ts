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
    | 'hands'
    | 'gateway';
};

export const inFile = (file: string, from: string, to: string): Mutant['edits'][number] => ({
  file: `src/${file}`,
  from,
  to,
});
export const mutant = (name: string, ...edits: Mutant['edits'][number][]): Mutant => ({
  name,
  edits,
});
export const leaseMutant = (name: string, ...edits: Mutant['edits'][number][]): Mutant => ({
  name,
  edits,
  focus: 'leases',
});

export const machineMutant = (name: string, ...edits: Mutant['edits'][number][]): Mutant => ({
  name,
  edits,
  focus: 'machines',
});

export const sleepMutant = (name: string, ...edits: Mutant['edits'][number][]): Mutant => ({
  name,
  edits,
  focus: 'sleep',
});

export const memberMutant = (name: string, ...edits: Mutant['edits'][number][]): Mutant => ({
  name,
  edits,
  focus: 'members',
});

export const handMutant = (name: string, ...edits: Mutant['edits'][number][]): Mutant => ({
  name,
  edits,
  focus: 'hands',
});
