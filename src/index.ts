/**
 * `gossip-raft`: servers and client servers inside a program of your own. Each of them belongs to
 * the program that starts it, and is to be stopped by it. What talks to a cluster is in
 * `gossip-raft/client`.
 */
export {
  type ClusterConfiguration,
  type ParsedConfiguration,
  parseConfiguration,
} from './config/cluster-configuration.ts';
export { type LoadedConfiguration, loadConfiguration } from './config/load-configuration.ts';
export { StartupError } from './errors/startup-error.ts';
export { type GatewayOptions, type RunningGateway, runGateway } from './gateway/run-gateway.ts';
export { type RunningServer, runServer } from './server/run-server.ts';
export type { ServerOptions } from './server/server-options.ts';
export { version } from './version.ts';
