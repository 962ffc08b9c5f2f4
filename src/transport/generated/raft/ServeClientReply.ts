// Original file: proto/exercise.proto


export interface ServeClientReply {
  'Data'?: (string);
  'LeaderID'?: (string);
  'Success'?: (boolean);
}

export interface ServeClientReply__Output {
  'Data': (string);
  'LeaderID': (string);
  'Success': (boolean);
}
