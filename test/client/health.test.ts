import test from 'ava';
import { joinViews } from '../../src/client/cluster-view.ts';
import { healthSentence } from '../../src/client/health.ts';
import { healthCases, longAgoMs, viewOf } from './health-cases.ts';

for (const [title, told, health, reason, survives] of healthCases) {
  test(`health: ${title}`, t => {
    const view = viewOf(told);
    t.is(view.health, health, view.reason);
    t.regex(view.reason, reason);
    t.is(view.survives, survives);
    t.true(healthSentence(view).startsWith(`${health}: ${view.reason}`));
  });
}

test('the sentence says how many more may fail', t => {
  const three = viewOf({ n0: {}, n1: {}, n2: {} });
  t.is(healthSentence(three), 'GREEN: all 3 servers take part; 1 may fail');
  const two = viewOf({ n0: {}, n1: {}, n2: { heardMs: longAgoMs, isReachable: false } });
  t.is(healthSentence(two), 'YELLOW: n2 cannot be reached; no more server may fail');
});

test('what a file wants and has not got stands under changes, once for all who share it', t => {
  const openChanges = ['the configuration file wants n3 removed: refused, there is no majority'];
  const { changes } = viewOf({ n0: { openChanges }, n1: { openChanges }, n2: {} });
  t.deepEqual(changes, [`${openChanges[0]} (says n0, n1)`]);
});

test('a server that is to go says for whom it waits', t => {
  const leaving = { isLeaving: true };
  const waits = viewOf({ n0: {}, n1: { member: leaving }, n2: { heardMs: longAgoMs } });
  t.deepEqual(waits.changes, ['n1 leaves once n2 can follow again']);
  t.deepEqual(viewOf({ n0: {}, n1: { member: leaving }, n2: {} }).changes, ['n1 is leaving']);
});

test('when nobody answers, nobody is called no member', t => {
  const servers = ['n0', 'n1'].map((id, place) => ({ id, host: 'localhost', port: 1 + place }));
  const { health, reason, members } = joinViews(servers, []);
  t.is(health, 'RED');
  t.is(reason, 'there is no leader; n0, n1 cannot be reached');
  t.deepEqual(
    members.map(({ standing }) => standing),
    ['unknown', 'unknown'],
  );
});
