/*
 * What a server and the program that started it (`gossip-raft dev`) tell each other, over the
 * channel between their processes.
 */

/** Every server here is about to stop: say so when you are prepared for it. */
export type ToServer = { readonly type: 'everybodyStops' };
export type FromServer = {
  readonly type:
    | 'serves'
    /** It no longer minds what becomes of the others. */
    | 'isSilent'
    /** It was removed from the cluster, and ends. */
    | 'isRemoved';
};

/** Nothing happens where nobody started us so. */
export function tellParent(type: FromServer['type']): void {
  const message: FromServer = { type };
  if (process.connected) process.send?.(message);
}

/** Calls back when everybody here stops: on the word of the parent, or when it is gone. */
export function onEverybodyStops(prepare: () => void): void {
  process.on('message', message => {
    if ((message as Partial<ToServer> | null)?.type !== 'everybodyStops') return;
    prepare();
    tellParent('isSilent');
  });
  process.once('disconnect', prepare);
}
