// Original file: proto/exercise.proto


export interface ServeClientArgs {
  'Request'?: (string);
}

export interface ServeClientArgs__Output {
  'Request': (string);
}
