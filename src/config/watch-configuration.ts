import { unwatchFile, watchFile } from 'node:fs';
import { StartupError } from '../errors/startup-error.ts';
import { type LoadedConfiguration, loadConfiguration } from './load-configuration.ts';

/** Looked at that often, not waited for: editors replace files, and not every disk tells of it. */
const intervalMs = 500;

export type ConfigurationListener = {
  changed(configuration: LoadedConfiguration): void;
  /** It was changed and cannot be used: one sentence that says why. */
  invalid(sentence: string): void;
};

/** Tells whenever the file is changed, from now on. Returns what ends that. */
export function watchConfiguration(path: string, listener: ConfigurationListener): () => void {
  const look = (): void => {
    let configuration: LoadedConfiguration;
    try {
      configuration = loadConfiguration(path);
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      listener.invalid(error.message);
      return;
    }
    listener.changed(configuration);
  };
  watchFile(path, { interval: intervalMs, persistent: false }, look);
  return () => unwatchFile(path, look);
}
