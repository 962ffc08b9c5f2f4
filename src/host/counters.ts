/** What a server has done since its start: to be read by people, never by the protocol. */
export type Counters = {
  leaseReads: number;
  quorumReads: number;
  boundedReads: number;
  localReads: number;
  refusedReads: number;
  messagesSent: number;
};

export const createCounters = (): Counters => ({
  leaseReads: 0,
  quorumReads: 0,
  boundedReads: 0,
  localReads: 0,
  refusedReads: 0,
  messagesSent: 0,
});
