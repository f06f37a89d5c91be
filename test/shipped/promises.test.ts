/** doc/promises.md names tests that exist. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const PAGE = readFileSync('doc/promises.md', 'utf8');
/** A rule, and below it the tests that try to break it. */
const RULES = PAGE.split(/^- /m).slice(1);
const TRIED_BY = /^ {2}- `(test\/[\w/.-]+)`: (.+)$/gm;

test('each rule has a test that tries to break it', () => {
  assert.ok(RULES.length > 20);
  for (const rule of RULES) assert.notEqual(rule.match(TRIED_BY), null, rule);
});

test('every one of these tests exists, under this title', () => {
  for (const [, file = '', title = ''] of PAGE.matchAll(TRIED_BY)) {
    assert.ok(existsSync(file), file);
    const code = readFileSync(file, 'utf8');
    // A title that is put together stands there in parts.
    const absent = title.split('…').filter((part) => !code.includes(part.trim()));
    assert.deepEqual(absent, [], `${file}: ${title}`);
  }
});
