import { z } from 'zod';
import { leaseMaxMs, mebibyte } from '../words.ts';
import { serverName, serverNameRule } from './server-name.ts';

/** The shape of cluster-configuration.json. Everything but the nodes has a default. */

const port = z
  .number({ error: 'expected a port number' })
  .int({ error: 'expected a whole number' })
  .min(1, { error: 'expected a port from 1 to 65535' })
  .max(65_535, { error: 'expected a port from 1 to 65535' });

const positive = (unit: string) =>
  z
    .number({ error: `expected a number of ${unit}` })
    .int({ error: `expected a whole number of ${unit}` })
    .positive({ error: `expected more than 0 ${unit}` });

const nodeShape = z.strictObject(
  {
    host: z.string({ error: 'expected a host name' }).min(1, { error: 'expected a host name' }),
    port,
    /** Where the server stands: a rack, a building, a region. For people. */
    zone: z.string({ error: 'expected a text' }).optional(),
  },
  { error: shapeError },
);

/** Heartbeats, elections (up to twice the time, at random) and leases, in milliseconds. */
export type TimingValues = {
  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly leaseMs: number;
};

export const timingProfiles = {
  /** One machine or one rack. */
  fast: { heartbeatMs: 50, electionMs: 400, leaseMs: 400 },
  default: { heartbeatMs: 200, electionMs: 1000, leaseMs: 1000 },
  /** Round trips of up to half a second. */
  wan: { heartbeatMs: 500, electionMs: 5000, leaseMs: 5000 },
  /** Slow enough to be watched. */
  classroom: { heartbeatMs: 1000, electionMs: 5000, leaseMs: 5000 },
} as const satisfies Record<string, TimingValues>;

const profileNames = ['fast', 'default', 'wan', 'classroom'] as const;
const profileError = 'expected "fast", "default", "wan" or "classroom"';
const timingShape = z
  .union(
    [
      z.enum(profileNames).transform(profile => ({ profile })),
      z.strictObject({
        profile: z.enum(profileNames).default('default'),
        heartbeatMs: positive('milliseconds').optional(),
        electionMs: positive('milliseconds').optional(),
        leaseMs: positive('milliseconds').optional(),
      }),
    ],
    {
      error: `${profileError}, or an object like {"profile": "default", "leaseMs": 800}`,
    },
  )
  .transform(
    ({ profile, ...own }): TimingValues => ({ ...timingProfiles[profile], ...withoutGaps(own) }),
  )
  .superRefine(({ heartbeatMs, electionMs, leaseMs }, context) => {
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (electionMs < 3 * heartbeatMs) {
      refuse('electionMs', `expected at least 3 heartbeats of ${heartbeatMs} ms`);
    }
    if (leaseMs < 2 * heartbeatMs) {
      refuse(
        'leaseMs',
        `expected at least 2 heartbeats of ${heartbeatMs} ms, to be renewed in time`,
      );
    }
    if (leaseMs > leaseMaxMs) refuse('leaseMs', 'expected at most an hour');
    if (leaseMs > 2 * electionMs) {
      const why = 'a new leader would wait for longer than its election took';
      refuse('leaseMs', `expected at most twice the election time of ${electionMs} ms: ${why}`);
    }
  });

const withoutGaps = <T extends object>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };

const limitsShape = z.strictObject(
  {
    /** Largest body of a request, before and after decompression. */
    bodyMaxBytes: positive('bytes')
      .max(16 * mebibyte, { error: 'expected at most 16 MiB' })
      .default(8 * mebibyte),
    /** Writes that wait for their commit, at the leader and at a client server. */
    uncommittedMaxBytes: positive('bytes').default(64 * mebibyte),
    /** Newest part of the log that a server keeps in memory. */
    tailMaxBytes: positive('bytes').default(16 * mebibyte),
    /** A server saves its state after so many bytes of log, or as many as it saved last. */
    snapshotIntervalBytes: positive('bytes').default(64 * mebibyte),
    /** Below this much free room writes are refused; at most a twentieth of the disk. */
    diskReserveBytes: positive('bytes').default(16 * mebibyte),
    /** All files are read once a day, at this speed, or faster when they are many. */
    checkBytesPerSecond: positive('bytes a second').default(8 * mebibyte),
    /** Idempotency keys: about 100 bytes each. The leader's counts. */
    idempotencyMaxBytes: positive('bytes')
      .min(mebibyte, { error: 'expected at least 1 MiB' })
      .default(64 * mebibyte),
    /** The past of the keys: so many change sets, bytes and hours are kept. The leader's count. */
    historyMaxRevisions: positive('revisions').default(100_000),
    historyMaxBytes: positive('bytes').default(64 * mebibyte),
    historyMaxHours: positive('hours').optional(),
    /** Connections to a client server at a time. */
    httpConnectionsMax: positive('connections').default(4096),
  },
  { error: shapeError },
);

const retentionShape = z.strictObject(
  {
    /** Posted entries beyond this are dropped, the oldest first, in files of 16 MiB. */
    entriesMaxBytes: positive('bytes').optional(),
    /** Posted entries older than this are dropped. */
    entriesMaxHours: positive('hours').optional(),
  },
  { error: shapeError },
);

const configurationShape = z
  .strictObject(
    {
      num_nodes: positive('servers').optional(),
      nodes: z
        .record(z.string().regex(serverName, { error: serverNameRule }), nodeShape, {
          error: 'expected an object of servers, {"n0": {"host": "localhost", "port": 50051}}',
        })
        .refine(nodes => Object.keys(nodes).length > 0, { error: 'expected at least one server' })
        // Nobody is called "constructor" unless the file says so.
        .transform(nodes => Object.assign(Object.create(null) as typeof nodes, nodes)),
      clusterName: z
        .string({ error: 'expected a text' })
        .min(1, { error: 'expected a name' })
        .max(64, { error: 'expected at most 64 characters' })
        .default('gossip-raft'),
      /** Relative to the configuration file. Each server has a folder of its own in it. */
      dataDirectory: z.string({ error: 'expected a path' }).min(1).default('./data'),
      timing: timingShape.default(timingProfiles.default),
      limits: limitsShape.default(() => limitsShape.parse({})),
      /** How long posted entries can be read; for ever unless told otherwise. */
      retention: retentionShape.default(() => retentionShape.parse({})),
      /** Names under which client servers are reached, beside addresses and localhost. */
      allowedHosts: z
        .array(
          z.string({ error: 'expected a host name' }).min(1, { error: 'expected a host name' }),
          {
            error: 'expected a list of host names, ["raft.example.com"]',
          },
        )
        .default([]),
    },
    { error: shapeError },
  )
  .superRefine(({ nodes }, context) => {
    const users = new Map<string, string>();
    for (const [id, { host, port: number }] of Object.entries(nodes)) {
      // Two names for one place.
      const address = `${host === 'localhost' ? '127.0.0.1' : host.toLowerCase()}:${number}`;
      const other = users.get(address);
      if (other !== undefined) {
        const message = `${address} is taken by ${other} already`;
        context.addIssue({ code: 'custom', path: ['nodes', id, 'port'], message });
      }
      users.set(address, id);
    }
  });

export type ClusterConfiguration = z.infer<typeof configurationShape>;

function shapeError(issue: { code?: string; keys?: readonly string[] | undefined }): string {
  return issue.code === 'unrecognized_keys'
    ? `unknown field ${issue.keys?.map(key => `"${key}"`).join(', ')}`
    : 'expected an object';
}

export type ParsedConfiguration =
  | { readonly type: 'valid'; readonly configuration: ClusterConfiguration }
  | {
      readonly type: 'invalid';
      readonly field: string;
      /** The same, step by step; of an unknown field, its own. */
      readonly path: readonly PropertyKey[];
      readonly problem: string;
    };

/** Checks a configuration and fills in the defaults; or names the first field that is wrong. */
export function parseConfiguration(value: unknown): ParsedConfiguration {
  const result = configurationShape.safeParse(value);
  if (result.success) return { type: 'valid', configuration: result.data };
  const [issue] = result.error.issues;
  const detail = issue?.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
  return {
    type: 'invalid',
    field: issue?.path.join('.') ?? '',
    path: pathOf(issue),
    problem: detail ?? issue?.message ?? 'not a configuration',
  };
}

function pathOf(issue: z.core.$ZodIssue | undefined): readonly PropertyKey[] {
  const path = issue?.path ?? [];
  return issue?.code === 'unrecognized_keys' ? [...path, ...issue.keys.slice(0, 1)] : path;
}
