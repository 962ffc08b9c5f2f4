// Original file: proto/client.proto


export interface BackupRequest {
  'clusterId'?: (string);
  'clusterName'?: (string);
}

export interface BackupRequest__Output {
  'clusterId': (string);
  'clusterName': (string);
}
