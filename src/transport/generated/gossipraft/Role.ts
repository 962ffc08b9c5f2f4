// Original file: proto/gossip.proto

export const Role = {
  ROLE_UNSPECIFIED: 'ROLE_UNSPECIFIED',
  ROLE_FRESH: 'ROLE_FRESH',
  ROLE_FOLLOWER: 'ROLE_FOLLOWER',
  ROLE_PRE_CANDIDATE: 'ROLE_PRE_CANDIDATE',
  ROLE_CANDIDATE: 'ROLE_CANDIDATE',
  ROLE_LEADER: 'ROLE_LEADER',
} as const;

export type Role =
  | 'ROLE_UNSPECIFIED'
  | 0
  | 'ROLE_FRESH'
  | 1
  | 'ROLE_FOLLOWER'
  | 2
  | 'ROLE_PRE_CANDIDATE'
  | 3
  | 'ROLE_CANDIDATE'
  | 4
  | 'ROLE_LEADER'
  | 5

export type Role__Output = typeof Role[keyof typeof Role]
