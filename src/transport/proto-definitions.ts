import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import type { ProtoGrpcType as ClientPackage } from './generated/client.ts';
import type { ProtoGrpcType as ExercisePackage } from './generated/exercise.ts';
import type { ProtoGrpcType as ServerPackage } from './generated/server.ts';

/** The proto folder stands at the top of the package; this file runs from src or from dist/src. */
const protoFolder = ['../../proto', '../../../proto']
  .map(path => fileURLToPath(new URL(path, import.meta.url)))
  .find(path => existsSync(path));

// The library would print its own lines between ours; whatever fails is told to us anyway.
setLogVerbosity(logVerbosity.NONE);

/**
 * How messages come out of the decoder. 64-bit numbers become doubles: what a double cannot hold
 * comes out above `Number.MAX_SAFE_INTEGER`, and whoever reads it refuses it.
 */
const loaderOptions = { longs: Number, enums: String, defaults: true, oneofs: true };

const load = (file: string): PackageDefinition =>
  loadSync(file, {
    ...loaderOptions,
    includeDirs: protoFolder === undefined ? [] : [protoFolder],
  });

const definitions = ['server.proto', 'client.proto', 'exercise.proto'].map(load);
const [ofServers, ofClients, ofExercise] = definitions.map(one => loadPackageDefinition(one));

export const { ServerToServer } = (ofServers as unknown as ServerPackage).gossipraft;
export const { ClientToServer } = (ofClients as unknown as ClientPackage).gossipraft;
export const { Raft } = (ofExercise as unknown as ExercisePackage).raft;

/** Everything that a server answers, for whoever asks it by reflection. */
export const allDefinitions: PackageDefinition = Object.assign({}, ...definitions);
