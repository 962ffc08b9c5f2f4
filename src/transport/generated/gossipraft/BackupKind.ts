// Original file: proto/client.proto

export const BackupKind = {
  BACKUP_KIND_UNSPECIFIED: 'BACKUP_KIND_UNSPECIFIED',
  BACKUP_KIND_RECORD: 'BACKUP_KIND_RECORD',
  BACKUP_KIND_BATCH: 'BACKUP_KIND_BATCH',
} as const;

export type BackupKind =
  | 'BACKUP_KIND_UNSPECIFIED'
  | 0
  | 'BACKUP_KIND_RECORD'
  | 1
  | 'BACKUP_KIND_BATCH'
  | 2

export type BackupKind__Output = typeof BackupKind[keyof typeof BackupKind]
