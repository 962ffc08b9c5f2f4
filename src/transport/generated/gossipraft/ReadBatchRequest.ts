// Original file: proto/client.proto


export interface ReadBatchRequest {
  'clusterId'?: (string);
  'batchId'?: (string);
  'clusterName'?: (string);
}

export interface ReadBatchRequest__Output {
  'clusterId': (string);
  'batchId': (string);
  'clusterName': (string);
}
