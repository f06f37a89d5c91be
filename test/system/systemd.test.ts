/**
 * The shipped units under a real systemd, and the sandbox line of doc/operation.md.
 * Debian packages: systemd-container systemd dbus iproute2 util-linux gnupg.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Container, startContainer } from './container.js';
import { findDamage } from './copies.js';
import { whyNoLab } from './lab.js';

const SECRET = 'correct-horse-battery-staple';
const HIDDEN = /^\.palhm-/;

interface StagePlus {
  readonly [key: string]: unknown;
}

const stage = (script: string, more: StagePlus = {}): object => ({
  type: 'exec-inline',
  argv: ['/bin/bash', '-c', script],
  'vl-stderr': 0,
  ...more,
});

const task = (id: string, pipelines: Readonly<Record<string, readonly object[]>>): object => ({
  id,
  type: 'backup',
  backend: 'localfs',
  'backend-param': { root: `/var/backups/lab/${id}` },
  objects: Object.entries(pipelines).map(([path, pipeline]) => ({ path, pipeline })),
});

const TRY_TO_WRITE =
  'for d in / /etc /usr /run /root /home /var/lib /opt; do touch $d/probe 2>/dev/null && echo $d; done';

/** Goes on until it is ended, with a grandchild of palhm. */
const ENDLESS = [stage('sleep 54321 & echo half; echo half written >&2; wait'), stage('exec cat')];

const CONFIG = {
  tasks: [
    task('backup', {
      'etc.tar': [stage('exec tar -c /etc 2>/dev/null')],
      shadow: [stage('exec cat /etc/shadow')],
      user: [stage('id -un', { user: 'nobody' })],
      'hosts.gpg': [
        stage('cat /etc/hosts'),
        stage('exec gpg --batch --encrypt --recipient lab 2>/dev/null'),
      ],
      written: [stage(`${TRY_TO_WRITE}; echo nowhere else`)],
    }),
    task('broken', { 'dump.sql': [stage('echo Access denied >&2; exit 2')] }),
    task('timed', { date: [stage('date')] }),
    task('long', { endless: ENDLESS }),
    task('killed', { endless: ENDLESS }),
    task('secretive', {
      digest: [
        stage('printf %s "$TOKEN" | sha256sum; echo "my token is $TOKEN" >&2', {
          env: { TOKEN: { credential: 'token' } },
        }),
      ],
      // What anybody can see of palhm while a stage runs, and its environment, which only root can.
      seen: [stage('cat /proc/$PPID/environ && cat /proc/[0-9]*/cmdline || true')],
    }),
    task('scribbler', { dump: [stage('date >/root/dump.tmp && cat /root/dump.tmp')] }),
  ],
};

suite('the shipped units', { skip: whyNoLab('systemd-up.sh'), timeout: 5 * 60_000 }, () => {
  let container: Container;
  before(async () => {
    container = await startContainer();
    await container.configure(CONFIG);
  });
  after(() => container.remove());

  /** Runs a task as a service; it must succeed. */
  async function start(id: string): Promise<void> {
    const { code } = await container.run(`systemctl start palhm@${id}`);
    const journal = await container.run(`journalctl --no-pager -o cat -u palhm@${id}`);
    assert.equal(code, 0, journal.stdout);
  }

  /** The only copy of a task, as a directory of this machine. */
  function onlyCopy(id: string): string {
    const root = join(container.backups, id);
    const copies = readdirSync(root).filter((name) => !HIDDEN.test(name));
    assert.equal(copies.length, 1, copies.join(', '));
    return join(root, copies[0] ?? '');
  }

  /** What palhm itself wrote into the journal of a unit, by priority. */
  async function journalOf(unit: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const text = await container.mustRun(
      `journalctl --sync; journalctl --no-pager -o json -u ${unit} SYSLOG_IDENTIFIER=palhm`,
    );
    const lines = new Map<string, string[]>();
    for (const line of text.trim().split('\n')) {
      const { PRIORITY, MESSAGE } = JSON.parse(line) as { PRIORITY: string; MESSAGE: string };
      lines.set(PRIORITY, [...(lines.get(PRIORITY) ?? []), MESSAGE]);
    }
    return lines;
  }

  test('systemd finds nothing wrong with them', async () => {
    const units = 'palhm@backup.service palhm@backup.timer';
    const { code, stdout, stderr } = await container.run(`systemd-analyze verify ${units}`);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
    await container.mustRun('systemd-analyze security --threshold=36 palhm@backup.service');
  });

  test('a started service makes a whole copy, reads everything and writes nothing else', async () => {
    // gpg updates the trust database of a new key at its first use.
    await container.mustRun(
      "gpg --batch --quiet --passphrase '' --quick-generate-key lab default default never",
    );
    await start('backup');
    const copy = onlyCopy('backup');
    assert.deepEqual(findDamage(copy), []);
    assert.equal(statSync(copy).mode & 0o777, 0o750);
    assert.equal(statSync(join(copy, 'shadow')).mode & 0o777, 0o640);
    assert.match(readFileSync(join(copy, 'shadow'), 'utf8'), /^root:/);
    assert.equal(readFileSync(join(copy, 'user'), 'utf8'), 'nobody\n');
    assert.equal(readFileSync(join(copy, 'written'), 'utf8'), 'nowhere else\n');
    const decrypted = await container.mustRun(
      `gpg --batch --quiet --decrypt /var/backups/lab/backup/*/hosts.gpg`,
    );
    assert.equal(decrypted, await container.mustRun('cat /etc/hosts'));
  });

  test('the journal has priorities: information, and errors of a run that failed', async () => {
    const good = await journalOf('palhm@backup');
    assert.deepEqual([...good.keys()], ['6']);
    assert.match((good.get('6') ?? []).join('\n'), /^copy \S+ of task "backup" committed/m);

    const { code } = await container.run('systemctl start palhm@broken');
    assert.notEqual(code, 0);
    const errors = (await journalOf('palhm@broken')).get('3') ?? [];
    assert.match(errors.join('\n'), /exited with status 2[^]*Access denied/);
    assert.ok(errors.every((line) => !line.startsWith('<')));
    assert.match(await container.mustRun('systemctl --failed'), /palhm@broken\.service/);
  });

  test('an error of the config is an error in the journal', async () => {
    await container.configure({ tasks: 'none' });
    const { code } = await container.run('systemctl start palhm@misconfigured');
    await container.configure(CONFIG);
    assert.notEqual(code, 0);
    const journal = await journalOf('palhm@misconfigured');
    assert.deepEqual([...journal.keys()], ['3']);
    assert.match((journal.get('3') ?? []).join('\n'), /^error CONFIG_VALUE[^]*Nothing was run/);
    const status = await container.run('systemctl show -P ExecMainStatus palhm@misconfigured');
    assert.equal(status.stdout, '78\n');
  });

  test('the timer starts the service, and outlives its being stopped', async () => {
    await container.dropIn(
      'palhm@timed.timer',
      '[Timer]\nOnCalendar=\nOnActiveSec=200ms\nRandomizedDelaySec=0\nAccuracySec=1ms',
    );
    await container.mustRun('systemctl enable --now palhm@timed.timer');
    await container.journalSays('palhm@timed.service', 'Finished palhm@timed.service');
    assert.deepEqual(findDamage(onlyCopy('timed')), []);
    await container.mustRun(
      'systemctl stop palhm@timed.service; systemctl is-active palhm@timed.timer',
    );
  });

  test('the timer as it is shipped waits for a time within the next day and an hour', async () => {
    await container.mustRun('systemctl start palhm@backup.timer');
    const next = await container.mustRun(
      'date -d "$(systemctl show -P NextElapseUSecRealtime palhm@backup.timer)" +%s; date +%s',
    );
    const [then = 0, now = 0] = next.trim().split('\n').map(Number);
    assert.ok(then > now && then - now <= 25 * 3600, next);
  });

  test('a stopped service rolls back and ends its stages', async () => {
    await container.mustRun('systemctl start --no-block palhm@long');
    await container.journalSays('palhm@long', 'half written');
    const during = readdirSync(join(container.backups, 'long'));
    assert.ok(during.some((name) => name.startsWith('.palhm-partial.')));
    await container.mustRun('systemctl stop palhm@long');
    const state = await container.mustRun('systemctl show -p Result -p ExecMainStatus palhm@long');
    assert.deepEqual(state.trim().split('\n').sort(), ['ExecMainStatus=143', 'Result=exit-code']);
    assert.deepEqual(readdirSync(join(container.backups, 'long')), ['.palhm-lock']);
    assert.equal((await container.run('pgrep -f "sleep 54321"')).stdout, '');
    const said = [...(await journalOf('palhm@long')).values()].flat().join('\n');
    assert.match(said, /rolled back/);
  });

  test('nothing goes on after palhm was killed, and the next run cleans up', async () => {
    await container.mustRun('systemctl start --no-block palhm@killed');
    await container.journalSays('palhm@killed', 'half written');
    await container.mustRun('systemctl kill --kill-whom=main --signal=KILL palhm@killed');
    await container.journalSays('palhm@killed', 'Failed to start palhm@killed.service');
    assert.equal((await container.run('pgrep -f "sleep 54321"')).stdout, '');
    const root = join(container.backups, 'killed');
    assert.equal(readdirSync(root).filter((name) => name.startsWith('.palhm-partial.')).length, 1);
    await container.configure({ tasks: [task('killed', { date: [stage('date')] })] });
    await start('killed');
    await container.configure(CONFIG);
    assert.deepEqual(findDamage(onlyCopy('killed')), []);
    assert.equal(readdirSync(root).filter((name) => name.startsWith('.palhm-partial.')).length, 0);
  });

  test('a credential reaches the stage that asks for it, and nothing else', async () => {
    await container.mustRun(`umask 077; printf %s ${SECRET} >/root/token`);
    await container.dropIn(
      'palhm@secretive.service',
      '[Service]\nLoadCredential=token:/root/token',
    );
    await start('secretive');
    const copy = onlyCopy('secretive');
    const digest = createHash('sha256').update(SECRET).digest('hex');
    assert.equal(readFileSync(join(copy, 'digest'), 'utf8'), `${digest}  -\n`);
    const seen = readFileSync(join(copy, 'seen'), 'latin1');
    assert.match(seen, /palhm\0run\0/, 'the command line of palhm was looked at');
    assert.match(seen, /CREDENTIALS_DIRECTORY=/, 'so was its environment');
    const places = {
      seen,
      manifest: readFileSync(join(copy, '.palhm-manifest.json'), 'utf8'),
      journal: await container.mustRun('journalctl --sync; journalctl --no-pager -o verbose'),
      unit: await container.mustRun('systemctl show palhm@secretive'),
      plan: await container.mustRun('palhm run --plan secretive'),
    };
    for (const [place, text] of Object.entries(places)) {
      assert.ok(!text.includes(SECRET), `the secret is in the ${place}`);
    }
    assert.match(places.journal, /my token is \S+/, 'the stage did say it');
  });

  suite('the sandbox of systemd-run', () => {
    const sandbox = (more: string, id: string): string =>
      `systemd-run -qP -p Nice=15 -p ProtectSystem=strict -p ReadOnlyPaths=/ -p PrivateDevices=true ${more} --wait palhm run --dry-run ${id}`;

    test('passes a config that writes nothing', async () => {
      const { code, stderr } = await container.run(sandbox('-p ProtectHome=read-only', 'backup'));
      assert.equal(code, 0, stderr);
    });

    test('finds a stage that writes where it should not', async () => {
      const { code, stderr } = await container.run(
        sandbox('-p ProtectHome=read-only', 'scribbler'),
      );
      assert.equal(code, 1);
      assert.match(stderr, /\/root\/dump\.tmp: Read-only file system/);
    });

    test('misses it below /root without ProtectHome: hence that option', async () => {
      const { code, stderr } = await container.run(sandbox('', 'scribbler'));
      assert.equal(code, 0, stderr);
    });
  });
});
