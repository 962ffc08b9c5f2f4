import { resolve } from 'node:path';
import { loadConfiguration } from '../config/load-configuration.ts';
import { runGateway } from '../gateway/run-gateway.ts';
import { EventLog, type LogFormat } from '../logging/event-log.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/** `gossip-raft client [PORT]`: runs the client server until it is told to stop. */
export async function serveClient(options: {
  readonly port: number;
  readonly host: string;
  readonly allowedHosts?: readonly string[];
  readonly config: string;
  readonly logFormat: LogFormat;
}): Promise<void> {
  const configuration = loadConfiguration(resolve(options.config));
  const log = new EventLog({ name: 'client', format: options.logFormat });
  for (const warning of configuration.warnings) log.say('warn', warning);
  const gateway = await runGateway({
    configuration,
    host: options.host,
    port: options.port,
    ...(options.allowedHosts === undefined ? {} : { allowedHosts: options.allowedHosts }),
    onWarning: sentence => log.say('warn', sentence),
    onError: (request, error) => log.say('error', `request ${request}: ${error.stack}`),
  });
  log.say('info', `listens on http://${options.host}:${gateway.port}`);
  stopOnSignal(async () => {
    await gateway.stop();
    await log.close('stopped');
  });
}
