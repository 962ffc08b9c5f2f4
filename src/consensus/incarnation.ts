/*
 * Each start of a server counts a boot, durably, before anything is said in it. The others keep the
 * newest boot of each member that they have heard of, over their own restarts: they alone can tell
 * a directory that was put back from an older copy that it is one.
 *
 * An incarnation is the number of the boot, with some digits that are drawn. For a copy counts on
 * from where it was made, and may count as far as the original did: the digits tell them apart.
 */
const drawsPerBoot = 1024;

/** `draw`: from 0 to below 1. */
export const nextIncarnation = (before: number, draw: number): number =>
  (bootOf(before) + 1) * drawsPerBoot + Math.floor(draw * drawsPerBoot);

/** 0 in directories that were made before digits were drawn. */
export const bootOf = (incarnation: number): number => Math.floor(incarnation / drawsPerBoot);

/** Do both count alike although they are not the same? Then one of them is a copy's. */
export const isTwin = (one: number, other: number): boolean =>
  one !== other && bootOf(one) === bootOf(other) && bootOf(one) > 0;
