import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type LoadedConfiguration,
  loadConfiguration,
} from '../../src/config/load-configuration.ts';
import { StartupError } from '../../src/errors/startup-error.ts';
import { type RunningGateway, runGateway } from '../../src/gateway/run-gateway.ts';
import { type RunningServer, runServer } from '../../src/server/run-server.ts';
import { freePorts } from '../fixtures/free-ports.ts';

export const ids = ['n0', 'n1', 'n2'];

/** So small that a log has several files, and an archive too. */
const limits = { snapshotIntervalBytes: 12_000, diskReserveBytes: 65_536 };

type Hosted = { readonly server: RunningServer; fatal: string | undefined };

/**
 * Three real servers and a client server in this process, on real files and real ports: a server is
 * stopped and started again within a tenth of a second, where a process of its own takes one.
 */
export class HostedCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'gossip-raft-damage-'));
  readonly #servers = new Map<string, Hosted>();
  readonly #configuration: LoadedConfiguration;
  readonly #gateways: RunningGateway[] = [];

  private constructor(ports: readonly number[]) {
    const nodes = Object.fromEntries(
      ids.map((id, place) => [id, { host: 'localhost', port: ports[place] }]),
    );
    const text = JSON.stringify({ nodes, dataDirectory: './data', timing: 'fast', limits });
    writeFileSync(this.configurationPath, text);
    mkdirSync(join(this.folder, 'data'));
    this.#configuration = loadConfiguration(this.configurationPath);
  }

  static async start(): Promise<HostedCluster> {
    const cluster = new HostedCluster(await freePorts(ids.length));
    await cluster.#start();
    return cluster;
  }

  async #start(): Promise<void> {
    for (const id of ids) await this.startServer(id);
    const gateway = await runGateway({
      configuration: this.#configuration,
      host: '127.0.0.1',
      port: 0,
      onError: (request, error) => process.stderr.write(`${request}: ${error.stack}\n`),
    });
    this.#gateways.push(gateway);
  }

  get configurationPath(): string {
    return join(this.folder, 'configuration.json');
  }

  directoryOf(id: string): string {
    return join(this.folder, 'data', id);
  }

  /** What the server has told its operator since it was made. */
  logOf(id: string): string {
    return readFileSync(join(this.folder, 'data', 'logs', `${id}.log`), 'utf8');
  }

  /** Returns the sentence with which it refused to start. */
  async startServer(id: string): Promise<string | undefined> {
    let fatal: string | undefined;
    const hosted: { current?: Hosted } = {};
    try {
      const server = await runServer({
        nodeId: id,
        configuration: this.#configuration,
        dataRoot: join(this.folder, 'data'),
        logFormat: 'text',
        hasTextRecords: false,
        // A process would end here.
        onFatal: sentence => {
          fatal = sentence;
          if (hosted.current !== undefined) hosted.current.fatal = sentence;
          hosted.current?.server.silence();
        },
        onRemoved: () => undefined,
      });
      if (fatal !== undefined) server.silence();
      hosted.current = { server, fatal };
      this.#servers.set(id, hosted.current);
      return undefined;
    } catch (error) {
      if (error instanceof StartupError) return error.message;
      throw error;
    }
  }

  /** The sentence with which a running server has ended itself. */
  fatalOf(id: string): string | undefined {
    return this.#servers.get(id)?.fatal;
  }

  async stopServer(id: string): Promise<void> {
    const hosted = this.#servers.get(id);
    this.#servers.delete(id);
    await hosted?.server.stop();
  }

  /** As a kill leaves it: what is on the disk now, and nothing that a clean stop would add. */
  async crashServer(id: string): Promise<void> {
    const directory = this.directoryOf(id);
    const image = `${directory}.image`;
    cpSync(directory, image, { recursive: true });
    // Nothing that comes to the disk from now on is told to anybody.
    this.#servers.get(id)?.server.silence();
    await this.stopServer(id);
    rmSync(directory, { recursive: true });
    renameSync(image, directory);
    rmSync(join(directory, 'lock'), { force: true });
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly text: string }> {
    // The machine may be busy: what counts is that there is an answer, and which.
    const headers = {
      'content-type': 'application/json',
      'x-gossip-raft': '1',
      'x-deadline-ms': '30000',
    };
    const response = await fetch(`http://127.0.0.1:${this.#gateways[0]?.port}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  async stop(): Promise<void> {
    for (const gateway of this.#gateways) await gateway.stop();
    for (const id of ids) await this.stopServer(id);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
