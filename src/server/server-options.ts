import type { LoadedConfiguration } from '../config/load-configuration.ts';
import type { LogFormat } from '../logging/event-log.ts';

export type ServerOptions = {
  readonly nodeId: string;
  readonly configuration: LoadedConfiguration;
  /** Holds the folders of all servers that run here. */
  readonly dataRoot: string;
  readonly logFormat: LogFormat;
  /** Whether records for people are kept: the log, the term and the events as text. */
  readonly hasTextRecords: boolean;
  /** The server cannot go on; the text tells the operator why. */
  readonly onFatal: (sentence: string) => void;
  /** The server was removed from the cluster, and has said so. */
  readonly onRemoved: () => void;
};
