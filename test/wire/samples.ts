/** A document of each kind as palhm writes it. */

import type { Manifest } from '../../src/copy/manifest.js';
import { judgeBackup, judgeUnreachable } from '../../src/copy/status.js';
import type { CopyVerdict } from '../../src/copy/verdict.js';
import type { RunReport } from '../../src/events/run-report.js';
import { Failure } from '../../src/failure/failure.js';
import { newLease, renderLease } from '../../src/sink/aws-s3/lock/lease.js';
import { renderMarker } from '../../src/sink/aws-s3/marker.js';
import { factsOf } from '../../src/sink/registry.js';
import { encodeCopies } from '../../src/wire/copies.js';
import { encodeCopy } from '../../src/wire/copy.js';
import type { Kind } from '../../src/wire/decode.js';
import { encodeEvent, encodeMissed } from '../../src/wire/event.js';
import { encodeFindings } from '../../src/wire/findings.js';
import { writeJson, writeJsonLine } from '../../src/wire/json-text.js';
import { HOLDER_NOTES, newHolder } from '../../src/wire/lock-holder.js';
import { renderManifest } from '../../src/wire/manifest.js';
import { encodeModules } from '../../src/wire/modules.js';
import { encodePlan } from '../../src/wire/plan.js';
import { renderDrillRecord, renderVerifyRecord } from '../../src/wire/records.js';
import { encodeRotation, type RotationPreview } from '../../src/wire/rotation.js';
import { encodeRunReport } from '../../src/wire/run-report.js';
import { encodeStatus } from '../../src/wire/status.js';
import { encodeVerdicts } from '../../src/wire/verdicts.js';
import { SAMPLES as EVENTS, STAMP } from '../cli/show/samples.js';
import { KNOWN, MANIFEST, ORIGINAL, OURS, UNDECODED } from '../report/copies/copies.js';
import { PLAN } from '../report/plan/plan-sample.js';
import { loadFile } from '../rig/load.js';

export const ROTATION: RotationPreview = {
  fates: [
    { copy: ORIGINAL, action: 'remove', reason: 'the oldest of 2, 1 is kept' },
    { copy: OURS, action: 'keep', reason: 'the newest' },
  ],
  refused: undefined,
  warnings: ['the clock is\nwrong'],
};

const VERDICTS: readonly CopyVerdict[] = [
  { type: 'passed-over', prefix: ORIGINAL.prefix, why: 'a copy of the original PALHM' },
  {
    type: 'verified',
    prefix: OURS.prefix,
    result: 'damaged',
    depth: 'decoded',
    read: 2,
    of: 3,
    size: 4096,
    problems: [{ finding: 'damaged', text: 'object "a" has 3 bytes' }],
    objects: [
      { path: 'a', size: 4096, result: 'damaged', problem: 'has 3 bytes' },
      { path: 'b', size: 0, result: 'skipped', problem: undefined },
    ],
    durationMs: 1200.4,
    recorded: true,
  },
];

const now = Date.parse('2022-05-02T00:00:00Z');
const maxAge = { ms: 86_400_000 };
const STATUS = [
  judgeBackup({ task: 'a', maxAge, listing: { copies: [ORIGINAL, KNOWN], strangers: [] }, now }),
  judgeBackup({ task: 'b', maxAge: undefined, listing: { copies: [], strangers: [] }, now }),
  judgeUnreachable({ task: 'c', maxAge }, 'no answer'),
];

const FINDINGS = [
  { name: 'list', state: 'ok', right: undefined, detail: 'fine', hint: undefined } as const,
  { name: 'write', state: 'missing', right: 's3:PutObject', detail: 'no', hint: 'give' } as const,
];

const SIGNED: Manifest = {
  ...MANIFEST,
  groups: [
    { id: 'databases', depends: [] },
    {
      id: 'files',
      depends: ['databases'],
      snapshot: { of: 'the btrfs subvolume /srv', taken: '2022-05-01T06:59:16.000Z' },
    },
  ],
  objects: MANIFEST.objects.map((object) => ({
    ...object,
    volumes: [object.path, `${object.path}.2`],
    apply: [['tar', '-x']],
    stages: [
      { argv: ['tar', ''], exitCode: 1, signal: null, durationMs: 1.5, inverse: null, stderr: 'x' },
      { argv: ['zstd'], exitCode: null, signal: 'SIGPIPE', durationMs: 0, inverse: ['zstd', '-d'] },
    ],
  })),
  signature: { algorithm: 'ed25519', key: 'cd'.repeat(32), value: 'AAAA' },
};

const LOCKED = await loadFile('samples/aws-s3-locked.jsonc');
const DRILLED = await loadFile('samples/drill-mariadb.jsonc');
const NULL = await loadFile('samples/null.jsonc');
const { drill } = KNOWN.records;

const REPORT: RunReport = {
  id: 'x',
  task: 'backup',
  kind: 'backup',
  host: 'db1',
  started: now,
  finished: now + 1000,
  failure: undefined,
  afterwards: [new Failure({ code: 'ROTATION_FAILED', message: 'no' })],
  copy: { prefix: OURS.prefix.name, location: '/media', size: 4096, durationMs: 900.5 },
  objects: [
    { path: 'a', group: 'g', state: 'finished', size: 1, sha256: 'ab'.repeat(32), durationMs: 1 },
    { path: 'b', group: 'g', state: 'cancelled', size: 0, sha256: null, durationMs: 0 },
  ],
  freezes: [{ group: 'db', durationMs: 312 }],
  rotation: { kept: 1, removed: [{ prefix: 'x', size: 1, reason: 'old' }], freed: 1 },
  skipped: undefined,
  children: [],
};
const ROUTINE: RunReport = {
  ...REPORT,
  kind: 'routine',
  failure: new Failure({ code: 'LOCKED', message: 'held', hint: 'wait' }),
  copy: undefined,
  objects: [],
  rotation: undefined,
  children: [REPORT, { ...REPORT, skipped: 'no disk', children: [REPORT] }],
};

const LINES = [
  { path: 'a', line: 'cat <a', inCopy: true, suspect: false },
  { path: 'b', line: 'rm -rf /', inCopy: false, suspect: true },
];

/** At least one of each kind. */
export const DOCUMENTS: Readonly<Record<Kind, readonly string[]>> = {
  manifest: [renderManifest(MANIFEST), renderManifest(SIGNED)],
  'verify-record': [KNOWN, UNDECODED].flatMap(({ records }) =>
    records.verify === undefined ? [] : [renderVerifyRecord(records.verify)],
  ),
  'drill-record':
    drill === undefined
      ? []
      : [renderDrillRecord(drill), renderDrillRecord({ ...drill, problem: null })],
  'copy-marker': [renderMarker('open', 'x'), renderMarker('removing', 'y')],
  'drill-note': [writeJsonLine({ run: 'x', task: 'backup' })],
  'freeze-note': [
    writeJson({
      palhm: '4711.123',
      what: 'group "db" of task "backup"',
      since: '2026-05-01T06:59:17.000Z',
      mark: 'PALHM_HOLD=x',
      thaw: [
        { argv: ['/usr/sbin/fsfreeze', '-u', '/srv'], env: { LANG: 'C' } },
        { argv: ['thaw'], env: {}, cwd: '/' },
        {
          argv: ['lxc', 'exec', 'db', '--', 'thaw'],
          env: {},
          timeoutMs: 90_000,
          verdict: {
            accepted: { min: 0, max: 1 },
            signals: ['SIGTERM'],
            nice: 5,
            ionice: { class: 'idle' },
            inside: 'instance',
          },
        },
      ],
    }),
  ],
  'lock-holder': [HOLDER_NOTES.render('backup'), writeJsonLine(newHolder('backup'))],
  'lock-lease': [renderLease(newLease('backup', 'boot 1:2'))],
  copies: [
    writeJson(encodeCopies('backup', [ORIGINAL, KNOWN, UNDECODED])),
    writeJson(encodeCopies('b', [])),
  ],
  copy: [
    writeJson(encodeCopy({ copy: ORIGINAL, manifest: undefined, lines: [] })),
    writeJson(encodeCopy({ copy: KNOWN, manifest: SIGNED, lines: LINES })),
  ],
  event: [
    ...Object.values(EVENTS).map((event) => encodeEvent(event, 'info')),
    encodeMissed(123, STAMP),
  ].map(writeJsonLine),
  findings: [
    writeJson(encodeFindings([{ task: 'a', sink: 'null', findings: FINDINGS }])),
    writeJson(encodeFindings([{ task: 'a', sink: 'null', findings: [] }])),
  ],
  modules: [
    writeJson(
      encodeModules({
        backends: [{ name: 'null', description: 'stores nothing' }],
        snapshotProviders: [],
        notifiers: [],
      }),
    ),
  ],
  plan: [
    ...[...PLAN.tasks.keys()].map((task) => writeJson(encodePlan(PLAN, task, factsOf))),
    ...[LOCKED, DRILLED, NULL].flatMap((plan) =>
      [...plan.tasks.keys()].map((task) => writeJson(encodePlan(plan, task, factsOf))),
    ),
  ],
  rotation: [
    writeJson(encodeRotation('backup', ROTATION)),
    writeJson(encodeRotation('backup', { ...ROTATION, refused: { removing: 6, of: 10 } })),
  ],
  'run-report': [REPORT, ROUTINE].map((report) => writeJson(encodeRunReport(report))),
  status: [writeJson(encodeStatus(STATUS))],
  verdicts: [writeJson(encodeVerdicts('backup', VERDICTS))],
};
