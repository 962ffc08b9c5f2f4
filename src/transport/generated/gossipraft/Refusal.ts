// Original file: proto/client.proto

export const Refusal = {
  REFUSAL_UNSPECIFIED: 'REFUSAL_UNSPECIFIED',
  REFUSAL_NOT_LEADER: 'REFUSAL_NOT_LEADER',
  REFUSAL_OVERLOADED: 'REFUSAL_OVERLOADED',
  REFUSAL_WRONG_CLUSTER: 'REFUSAL_WRONG_CLUSTER',
  REFUSAL_INVALID: 'REFUSAL_INVALID',
} as const;

export type Refusal =
  | 'REFUSAL_UNSPECIFIED'
  | 0
  | 'REFUSAL_NOT_LEADER'
  | 1
  | 'REFUSAL_OVERLOADED'
  | 2
  | 'REFUSAL_WRONG_CLUSTER'
  | 3
  | 'REFUSAL_INVALID'
  | 4

export type Refusal__Output = typeof Refusal[keyof typeof Refusal]
