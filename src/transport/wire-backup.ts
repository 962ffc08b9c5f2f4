import type {
  BackupPiece as WirePiece,
  BackupPiece__Output as WirePieceRead,
} from './generated/gossipraft/BackupPiece.ts';
import { count, MalformedMessage } from './wire-checks.ts';

/* Pieces of a backup, in our words and the wire's. */

type Piece = {
  readonly kind: 'record' | 'batch';
  readonly item: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly data: Uint8Array;
};

const kindNames = { record: 'BACKUP_KIND_RECORD', batch: 'BACKUP_KIND_BATCH' } as const;

export const writePiece = ({ kind, data, ...place }: Piece): WirePiece => ({
  ...place,
  kind: kindNames[kind],
  data: Buffer.from(data),
});

export function readPiece({ kind, item, offset, sizeBytes, data }: WirePieceRead): Piece {
  return {
    kind: readKind(kind),
    item: count(item, 'item'),
    offset: count(offset, 'offset'),
    sizeBytes: count(sizeBytes, 'size_bytes'),
    data,
  };
}

function readKind(kind: WirePieceRead['kind']): Piece['kind'] {
  if (kind === kindNames.record) return 'record';
  if (kind === kindNames.batch) return 'batch';
  throw new MalformedMessage(`kind is ${kind}, which is unknown`);
}
