// Original file: proto/client.proto


export interface TransferLeadershipRequest {
  'clusterId'?: (string);
  'to'?: (string);
  'clusterName'?: (string);
  '_to'?: "to";
}

export interface TransferLeadershipRequest__Output {
  'clusterId': (string);
  'to'?: (string);
  'clusterName': (string);
  '_to'?: "to";
}
