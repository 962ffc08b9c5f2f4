// Original file: proto/client.proto


export interface MemberChange {
  'id'?: (string);
  'putAddress'?: (string);
  'remove'?: (boolean);
  'replaceDirectoryId'?: (string);
  'change'?: "putAddress"|"remove"|"replaceDirectoryId";
}

export interface MemberChange__Output {
  'id': (string);
  'putAddress'?: (string);
  'remove'?: (boolean);
  'replaceDirectoryId'?: (string);
  'change'?: "putAddress"|"remove"|"replaceDirectoryId";
}
