/** The graph in the DOT language of Graphviz. */
import { assertNever } from '../../failure/failure.js';
import type { ArrowOutline, BoxOutline, NodeOutline, TaskOutline } from './graph-outline.js';

export function renderDot(tasks: readonly TaskOutline[]): string {
  const clusters = new Map(tasks.flatMap(anchorsOf));
  const lines = [
    'digraph palhm {',
    '  rankdir=LR;',
    '  compound=true;',
    '  node [fontname="sans-serif"];',
    '  graph [fontname="sans-serif"];',
    ...tasks.flatMap(renderTask),
    ...tasks.flatMap((task) => task.arrows).map((arrow) => renderArrow(arrow, clusters)),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** DOT draws arrows only between nodes. An arrow to a cluster points to a node in it and is clipped at the border. */
function anchorsOf(task: TaskOutline): readonly (readonly [string, string])[] {
  const boxes = task.boxes.map((box) => [box.id, anchorOf(box)] as const);
  const [first] = task.nodes;
  return [...boxes, [task.id, first?.id ?? '']];
}

function anchorOf(box: BoxOutline): string {
  return box.nodes[0]?.id ?? '';
}

function renderTask(task: TaskOutline): readonly string[] {
  return [
    `  subgraph cluster_${task.id} {`,
    `    label=${quote([task.label])};`,
    ...task.boxes.flatMap((box) => [
      `    subgraph cluster_${box.id} {`,
      `      label=${quote([box.label])};`,
      ...box.nodes.map((node) => `      ${renderNode(node)}`),
      '    }',
    ]),
    ...task.nodes.map((node) => `    ${renderNode(node)}`),
    '  }',
  ];
}

function renderNode({ id, lines, shape }: NodeOutline): string {
  return `${id} [label=${quote(lines)}, shape=${nameShape(shape)}];`;
}

function nameShape(shape: NodeOutline['shape']): string {
  switch (shape) {
    case 'box':
      return 'box';
    case 'store':
      return 'cylinder';
    case 'note':
      return 'plaintext';
    default:
      return assertNever(shape);
  }
}

function renderArrow(arrow: ArrowOutline, clusters: ReadonlyMap<string, string>): string {
  const from = clusters.get(arrow.from);
  const to = clusters.get(arrow.to);
  const attributes = [
    ...(from === undefined ? [] : [`ltail=cluster_${arrow.from}`]),
    ...(to === undefined ? [] : [`lhead=cluster_${arrow.to}`]),
    ...(arrow.refers ? ['style=dashed'] : []),
  ];
  const suffix = attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`;
  return `  ${from ?? arrow.from} -> ${to ?? arrow.to}${suffix};`;
}

/** In quotes, the quote and the backslash are special. In a label, `&` begins an entity and `\n` is a line break. */
function quote(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replaceAll('&', '&amp;').replace(/["\\]/g, (character) => `\\${character}`),
  );
  return `"${escaped.join(String.raw`\n`)}"`;
}
