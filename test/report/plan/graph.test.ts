import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { renderGraph } from '../../../src/report/plan/graph.js';
import { PLAN } from './plan-sample.js';

test('draws tasks, groups, objects and sinks in Mermaid', () => {
  assert.equal(
    renderGraph(PLAN, 'mermaid'),
    `flowchart LR
  subgraph t0["routine default"]
    t0_s0["sigmask block SIGINT SIGTERM, unblock SIGHUP"]
    t0_s1["dnf"]
    t0_s2["task backup"]
    t0_s3["task test"]
    t0_s4["task backup"]
  end
  subgraph t1["backup backup"]
    subgraph t1_g0["group databases"]
      t1_g0_o0["all #34;db#34;.sql.zst<br/>dump-db | zstd"]
    end
    subgraph t1_g1["group nothing"]
      t1_g1_empty("no objects")
    end
    subgraph t1_g2["group files #91;#38;#93; #60;more#62;"]
      t1_g2_o0["etc#92;n#92;x1b.tar<br/>tar"]
    end
    t1_sink[("localfs<br/>/media/backup")]
    t1_drill("drill<br/>all #34;db#34;.sql.zst")
  end
  subgraph t2["backup test"]
    subgraph t2_g0["group default"]
      t2_g0_empty("no objects")
    end
    t2_sink[("null")]
  end
  t0_s0 --> t0_s1
  t0_s1 --> t0_s2
  t0_s2 --> t0_s3
  t0_s3 --> t0_s4
  t0_s2 -.-> t1
  t0_s3 -.-> t2
  t0_s4 -.-> t1
  t1_g0 --> t1_g1
  t1_g0 --> t1_g2
  t1_g1 --> t1_g2
  t1_g2 --> t1_sink
  t1_sink --> t1_drill
  t2_g0 --> t2_sink
`,
  );
});

test('draws the same in DOT, arrows clipped at the groups', () => {
  const lines = renderGraph(PLAN, 'dot').split('\n');
  for (const line of [
    '  subgraph cluster_t1 {',
    '    label="backup backup";',
    '      label="group files [&amp;] <more>";',
    String.raw`      t1_g0_o0 [label="all \"db\".sql.zst\ndump-db | zstd", shape=box];`,
    String.raw`      t1_g2_o0 [label="etc\\n\\x1b.tar\ntar", shape=box];`,
    '      t1_g1_empty [label="no objects", shape=plaintext];',
    String.raw`    t1_sink [label="localfs\n/media/backup", shape=cylinder];`,
    '  t0_s2 -> t1_sink [lhead=cluster_t1, style=dashed];',
    '  t1_g0_o0 -> t1_g1_empty [ltail=cluster_t1_g0, lhead=cluster_t1_g1];',
    '  t1_g2_o0 -> t1_sink [ltail=cluster_t1_g2];',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

/** In CI, a missing program is a failure and no reason to skip the test. */
const canSkip = process.env['CI'] !== 'true' && spawnSync('dot', ['-V']).status !== 0;

test('Graphviz reads the DOT and shows the labels as they are', { skip: canSkip }, () => {
  const drawn = spawnSync('dot', ['-Tsvg'], { input: renderGraph(PLAN, 'dot'), encoding: 'utf8' });
  assert.equal(drawn.status, 0, drawn.stderr);
  assert.equal(drawn.stderr, '');
  for (const label of [
    'all &quot;db&quot;.sql.zst',
    'group files [&amp;] &lt;more&gt;',
    String.raw`etc\n\x1b.tar`,
  ]) {
    assert.ok(drawn.stdout.includes(`>${label}<`), label);
  }
});

test('the same plan gives the same text', () => {
  for (const format of ['mermaid', 'dot'] as const) {
    assert.equal(renderGraph(PLAN, format), renderGraph(structuredClone(PLAN), format));
  }
});
