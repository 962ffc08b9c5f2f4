/** What must hold, as a sentence: for a unit test, and for whoever hunts planted bugs. */
export type Demand = { readonly title: string; readonly holds: () => boolean };

export const unmetOf = (demands: readonly Demand[]): string[] =>
  demands.filter(({ holds }) => !holds()).map(({ title }) => title);
