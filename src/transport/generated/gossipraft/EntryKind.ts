// Original file: proto/server.proto

export const EntryKind = {
  ENTRY_KIND_UNSPECIFIED: 'ENTRY_KIND_UNSPECIFIED',
  ENTRY_KIND_NOOP: 'ENTRY_KIND_NOOP',
  ENTRY_KIND_COMMAND: 'ENTRY_KIND_COMMAND',
} as const;

export type EntryKind =
  | 'ENTRY_KIND_UNSPECIFIED'
  | 0
  | 'ENTRY_KIND_NOOP'
  | 1
  | 'ENTRY_KIND_COMMAND'
  | 2

export type EntryKind__Output = typeof EntryKind[keyof typeof EntryKind]
