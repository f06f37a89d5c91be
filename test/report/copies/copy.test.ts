import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest } from '../../../src/copy/manifest.js';
import { renderCopy } from '../../../src/report/copies/copy.js';
import { restoreLinesOf } from '../../../src/run/restore/lines.js';
import { KNOWN, MANIFEST, ORIGINAL, OURS, UNDECODED } from './copies.js';

const linesOf = (manifest: Manifest, fetchCommand: Fetch = () => undefined) =>
  restoreLinesOf(manifest, { fetchCommand });
type Fetch = (pieces: readonly string[]) => string | undefined;
const LINES = linesOf(MANIFEST);

test('shows a copy, its objects and how to restore them', () => {
  assert.equal(
    renderCopy({ copy: OURS, manifest: MANIFEST, lines: LINES }),
    String.raw`copy      2022-05-01T06:59:17+00:00
task      backup on db1, palhm 0.1.0
started   2022-05-01T06:59:17.000Z
took      3 min 12 s
size      1.4 GiB in 2 objects
verified  never

object             size  sha256        group            time
all-db.sql.zst  1.4 GiB  9f86d081884c  databases  3 min 12 s
etc\x1b.tar       512 B  60303ae22b99  files           4.1 s

to restore, in the copy's directory:
  zstd -dc <all-db.sql.zst
  cat <'etc\x1b.tar'
`,
  );
});

test('begins the lines of a copy that is no directory with what fetches its objects', () => {
  const text = renderCopy({
    copy: OURS,
    manifest: MANIFEST,
    lines: linesOf(MANIFEST, (pieces) => `fetch ${pieces.join(' ')}`),
  });
  assert.match(text, /\nto restore:\n {2}fetch all-db.sql.zst \| zstd -dc\n/);
});

test('shows what is known of a copy', () => {
  const text = renderCopy({ copy: KNOWN, manifest: MANIFEST, lines: LINES });
  assert.match(text, /^verified {2}2022-05-02T04:00:00.000Z on db2, 1 of 2 whole, decoded$/m);
  assert.match(
    renderCopy({ copy: UNDECODED, manifest: MANIFEST, lines: LINES }),
    /^verified .* 1 of 2 whole, decoded\nundecodable {2}2022-05-04T04:00:00.000Z on db3: no key; no gpg$/m,
  );
  assert.match(text, /^drilled {3}2022-05-03T04:00:00.000Z on db2, failed: mysql ended with 1$/m);
});

test('of a copy without a manifest it shows that, and not who made it', () => {
  assert.equal(
    renderCopy({ copy: ORIGINAL, manifest: undefined, lines: [] }),
    `copy      2022-04-01T06:59:17+00:00
size      512 B in 1 object
manifest  none: nothing says how its objects were made; they can be restored raw
`,
  );
});

test('marks a line that somebody has changed, and makes it a comment', () => {
  const [line] = LINES;
  assert.ok(line !== undefined);
  const lines = [{ ...line, line: 'rm -rf /', suspect: true }];
  const text = renderCopy({ copy: OURS, manifest: MANIFEST, lines });
  assert.doesNotMatch(text, /to restore/);
  assert.match(
    text,
    /^ {2}# all-db.sql.zst: NOT what its stages ask for, do not use it: rm -rf \/$/m,
  );
});
