import { isKnownHost } from '../../src/gateway/known-host.ts';

const allowed = ['raft.example.com', 'Gateway'];
const known = [
  '127.0.0.1',
  '127.0.0.1:8000',
  '10.1.2.3:80',
  '[::1]:8000',
  '[fe80::1]',
  'localhost',
  'LocalHost:8000',
  'localhost.',
  'raft.example.com',
  'RAFT.example.com:443',
  'gateway:8000',
];
const unknown = [
  '',
  'evil.example',
  '127.0.0.1.evil.example',
  'raft.example.com.evil.example',
  'xraft.example.com',
  'localhost.evil.example',
  'localhost:8000:1',
  'localhost/x',
  'user@127.0.0.1',
  '127.0.0.1 evil',
  '0x7f.1',
  '2130706433',
  '::1',
  '[evil]',
  '[::1]evil:80',
];

/** The first host that is taken for another one than it is. */
export function checkHosts(): string | undefined {
  const wrong =
    known.find(host => !isKnownHost(host, allowed)) ??
    unknown.find(host => isKnownHost(host, allowed));
  return wrong === undefined ? undefined : `the host ${JSON.stringify(wrong)}`;
}
