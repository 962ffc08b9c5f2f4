// Original file: proto/gossip.proto


export interface Member {
  'id'?: (string);
  'directoryId'?: (string);
  'isVoter'?: (boolean);
}

export interface Member__Output {
  'id': (string);
  'directoryId': (string);
  'isVoter': (boolean);
}
