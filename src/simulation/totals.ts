import { Marks } from './marks.ts';
import type { WorldReport } from './world.ts';

/** What many seeds come to. */
export type SimulationTotals = {
  seeds: number;
  events: number;
  virtualMs: number;
  committed: number;
  acked: number;
  keyOperations: number;
  sent: number;
  lost: number;
  duplicated: number;
  readonly marks: Marks;
  add(report: WorldReport): void;
};

export const createTotals = (): SimulationTotals => ({
  seeds: 0,
  events: 0,
  virtualMs: 0,
  committed: 0,
  acked: 0,
  keyOperations: 0,
  sent: 0,
  lost: 0,
  duplicated: 0,
  marks: new Marks(),
  add(report) {
    this.seeds += 1;
    this.events += report.events;
    this.virtualMs += report.virtualMs;
    this.committed += report.committed;
    this.acked += report.acked;
    this.keyOperations += report.keyOperations;
    this.sent += report.network.sent;
    this.lost += report.network.lost;
    this.duplicated += report.network.duplicated;
    this.marks.add(report.marks);
  },
});
