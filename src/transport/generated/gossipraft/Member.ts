// Original file: proto/gossip.proto


export interface Member {
  'id'?: (string);
  'directoryId'?: (string);
  'isVoter'?: (boolean);
  'address'?: (string);
  'isLeaving'?: (boolean);
  'hasMoved'?: (boolean);
  '_directoryId'?: "directoryId";
}

export interface Member__Output {
  'id': (string);
  'directoryId'?: (string);
  'isVoter': (boolean);
  'address': (string);
  'isLeaving': (boolean);
  'hasMoved': (boolean);
  '_directoryId'?: "directoryId";
}
