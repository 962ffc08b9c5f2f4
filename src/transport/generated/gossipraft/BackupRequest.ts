// Original file: proto/client.proto


export interface BackupRequest {
  'clusterId'?: (string);
}

export interface BackupRequest__Output {
  'clusterId': (string);
}
