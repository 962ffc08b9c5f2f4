// Original file: proto/client.proto


export interface OpenSessionRequest {
  'clusterId'?: (string);
  'nonce'?: (string);
  'clusterName'?: (string);
}

export interface OpenSessionRequest__Output {
  'clusterId': (string);
  'nonce': (string);
  'clusterName': (string);
}
