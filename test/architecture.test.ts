/** doc/architecture.md says what is so: its floors, its paths and its commands; and the linter holds the floors. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PAGE = readFileSync('doc/architecture.md', 'utf8');
const OXLINT = resolve('node_modules/.bin/oxlint');

interface Override {
  readonly files: readonly string[];
  readonly rules: {
    readonly 'no-restricted-imports'?: readonly [
      string,
      {
        readonly patterns: readonly {
          readonly group: readonly string[];
          readonly message: string;
        }[];
      },
    ];
  };
}

const CONFIG = JSON.parse(readFileSync('.oxlintrc.json', 'utf8')) as {
  readonly overrides: readonly Override[];
};

/** The floors that a rule is about, from `src/NAME/**`; none for a room of a floor. */
const floorsOf = ({ files }: Override): readonly string[] =>
  files.flatMap((glob) => /^src\/(\w+)\/\*\*$/.exec(glob)?.[1] ?? []);

const STOREYS = CONFIG.overrides
  .filter(({ rules }) => rules['no-restricted-imports'] !== undefined)
  .map((override) => ({
    floors: floorsOf(override),
    message: override.rules['no-restricted-imports']?.[1].patterns[0]?.message ?? '',
  }))
  .filter(({ floors }) => floors.length > 0);

test('the page lists the floors of .oxlintrc.json, in their order', () => {
  const [, table = ''] = /^\| floor .*\n((?:\|.*\n)+)/m.exec(PAGE) ?? [];
  const rows = [...table.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, cell = '']) => cell);
  const listed = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const floors = STOREYS.flatMap((storey) => storey.floors);
  assert.ok(floors.length > 12);
  assert.deepEqual(listed, floors);
});

test('every path that the page names exists', () => {
  const named = [...PAGE.matchAll(/`([\w.-]+\/[\w./-]*|[\w-]+\.(?:md|json|jsonc))`/g)];
  const paths = named.map(([, path = '']) => path).filter((path) => !path.includes('expected.txt'));
  assert.ok(paths.length > 60);
  // What is to be added has no name yet: where it goes exists.
  const real = paths.map((path) => path.replace(/\/NAME.*$/, ''));
  assert.deepEqual(
    real.filter((path) => !existsSync(path)),
    [],
  );
});

describe('the runnable lines of the page', () => {
  const [, lines = ''] = /^```sh runnable\n(.*?)^```/ms.exec(PAGE) ?? [];
  for (const line of lines.trim().split('\n')) {
    it(line, async () => {
      // A test runner below another one would run nothing, and report to it.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const { stdout } = await run('sh', ['-c', line], { env });
      assert.doesNotMatch(stdout, /^0 passed|^(?:#|ℹ) tests 0$/m);
    });
  }
});

describe('the linter', () => {
  let tree: string;
  let found: ReadonlyMap<string, readonly string[]>;
  before(async () => {
    tree = await mkdtemp(join(tmpdir(), 'palhm-floors-'));
    for (const [file, text] of PROBES) write(file, text);
    // Of the types of a probe nothing is to be known, and there is no tsconfig.json.
    write('.oxlintrc.json', JSON.stringify({ ...CONFIG, options: {} }));
    found = await lint();
  });
  after(() => rm(tree, { recursive: true }));

  function write(file: string, text: string): void {
    mkdirSync(join(tree, dirname(file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }

  /** What is said of each file. */
  async function lint(): Promise<ReadonlyMap<string, readonly string[]>> {
    const { stdout } = await run(OXLINT, ['-f', 'json', '.'], {
      cwd: tree,
      maxBuffer: 2 ** 25,
    }).catch((error: { stdout: string }) => error);
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { code: string; message: string; help?: string; filename: string }[];
    };
    const said = new Map<string, string[]>();
    for (const { code, message, help = '', filename } of diagnostics)
      said.set(filename, [...(said.get(filename) ?? []), `${code} ${message} ${help}`]);
    return said;
  }

  const saidOf = (file: string): string => (found.get(file) ?? []).join('\n');

  for (const [level, { floors, message }] of STOREYS.slice(0, -1).entries()) {
    for (const floor of floors) {
      it(`lets ${floor} import nothing from above`, () => {
        for (const above of STOREYS.slice(level + 1).flatMap((storey) => storey.floors))
          assert.ok(saidOf(upward(floor, above)).includes(message), `${floor} imports ${above}`);
      });
    }
  }

  it('lets every floor but the front ends import from below', () => {
    const allowed = STOREYS.slice(0, -1).flatMap(({ floors }, level) =>
      floors.flatMap((floor) =>
        STOREYS.slice(0, level).flatMap((storey) =>
          storey.floors.map((below) => upward(floor, below)),
        ),
      ),
    );
    assert.ok(allowed.length > 50);
    assert.deepEqual(allowed.map(saidOf).filter(Boolean), []);
  });

  it('lets the front ends past the door nowhere', () => {
    const reason = 'a front end knows the engine by src/run/operations.ts';
    for (const floor of ['config', 'copy', 'host', 'exec', 'sink', 'snapshot', 'run'])
      for (const front of ['cli', 'server'])
        assert.ok(saidOf(upward(front, floor)).includes(reason), `${front} imports ${floor}`);
    assert.ok(saidOf('src/cli/commands/backup.ts').includes(reason));
    for (const file of ['src/cli/commands/door.ts', 'src/cli/to-report.ts', 'src/cli/to-wire.ts'])
      assert.equal(saidOf(file), '');
  });

  it('lets nobody above the sinks into the rooms of a backend', () => {
    for (const floor of ['snapshot', 'run', 'report'])
      assert.match(saidOf(`src/${floor}/to-room.ts`), /its rooms are its own/);
  });

  it('holds the rooms of config', () => {
    assert.match(saidOf('src/config/read/to-check.ts'), /must not know what the tree means/);
    assert.match(saidOf('src/config/check/to-plan.ts'), /must not know what a Plan is made of/);
    assert.match(saidOf('src/config/plan/to-load.ts'), /must not know where the tree was loaded/);
  });

  it('lets copy touch neither files nor processes', () => {
    assert.match(saidOf('src/copy/files.ts'), /it touches neither files nor processes/);
  });

  it('finds import circles, also of types alone', () => {
    for (const kind of ['values', 'types'])
      for (const end of ['a', 'b'])
        assert.match(saidOf(`src/units/${kind}-${end}.ts`), /import\(no-cycle\)/, kind);
  });
});

function upward(from: string, to: string): string {
  return `src/${from}/to-${to}.ts`;
}

function importing(path: string): string {
  return `import { value } from '${path}';\nexport const other = value;\n`;
}

/** Files by their path: each floor has something to import, and a file for every other floor that imports it from there. */
function* listProbes(): Generator<readonly [file: string, text: string]> {
  const floors = STOREYS.flatMap((storey) => storey.floors);
  for (const floor of floors) {
    yield [`src/${floor}/value.ts`, 'export const value = 1;\n'];
    for (const other of floors)
      if (other !== floor) yield [upward(floor, other), importing(`../${other}/value.js`)];
    yield [`src/${floor}/to-room.ts`, importing('../sink/localfs/value.js')];
  }
  yield ['src/cli/commands/backup.ts', importing('../../run/value.js')];
  yield ['src/cli/commands/door.ts', importing('../../run/operations.js')];
  yield ['src/config/read/to-check.ts', importing('../check/value.js')];
  yield ['src/config/check/to-plan.ts', importing('../plan/value.js')];
  yield ['src/config/plan/to-load.ts', importing('../load.js')];
  yield ['src/copy/files.ts', "import { rm } from 'node:fs';\nexport const remove = rm;\n"];
  for (const [end, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    yield [
      `src/units/values-${end}.ts`,
      `import { ${other} } from './values-${other}.js';\nexport const ${end} = (): unknown => ${other};\n`,
    ];
    yield [
      `src/units/types-${end}.ts`,
      `import type { ${other} } from './types-${other}.js';\nexport interface ${end} { readonly next: ${other} | undefined }\n`,
    ];
  }
}

const PROBES = [...listProbes()];
