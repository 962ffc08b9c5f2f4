// Original file: proto/client.proto


export interface DescribeServerRequest {
  'clusterId'?: (string);
}

export interface DescribeServerRequest__Output {
  'clusterId': (string);
}
