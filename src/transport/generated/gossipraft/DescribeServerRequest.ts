// Original file: proto/client.proto


export interface DescribeServerRequest {
  'clusterId'?: (string);
  'clusterName'?: (string);
}

export interface DescribeServerRequest__Output {
  'clusterId': (string);
  'clusterName': (string);
}
