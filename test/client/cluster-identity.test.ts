import test from 'ava';
import { ClusterIdentity } from '../../src/client/cluster-identity.ts';

const servers = ['n0', 'n1', 'n2'];

test('one address of another cluster does not lead a client astray', t => {
  const identity = new ClusterIdentity('name');
  t.deepEqual(identity.cluster, { clusterName: 'name', clusterId: '' });
  identity.told('n1', 'other');
  t.false(identity.decide(servers, false), 'the first that answers is no majority');
  identity.told('n0', 'ours');
  identity.told('n2', 'ours');
  t.true(identity.decide(servers, false));
  t.is(identity.cluster.clusterId, 'ours');
});

test('when not all can be asked, what is there decides, and a majority corrects it later', t => {
  const identity = new ClusterIdentity('name');
  identity.told('n1', 'other');
  t.true(identity.decide(servers, true));
  t.is(identity.cluster.clusterId, 'other');
  identity.told('n0', 'ours');
  t.false(identity.decide(servers, true), 'a tie changes nothing');
  identity.told('n2', 'ours');
  t.true(identity.decide(servers, true));
  t.is(identity.cluster.clusterId, 'ours');
});

test('servers that are listed no more have no say', t => {
  const identity = new ClusterIdentity('name');
  identity.told('n7', 'old');
  identity.told('n8', 'old');
  identity.told('n0', 'ours');
  identity.told('n1', 'ours');
  t.true(identity.decide(servers, false));
  t.is(identity.cluster.clusterId, 'ours');
});
