/** The graph in the language of Mermaid flowcharts. */
import { assertNever } from '../../failure/failure.js';
import type { ArrowOutline, NodeOutline, TaskOutline } from './graph-outline.js';

export function renderMermaid(tasks: readonly TaskOutline[]): string {
  const lines = [
    'flowchart LR',
    ...tasks.flatMap(renderTask),
    ...tasks.flatMap((task) => task.arrows).map(renderArrow),
  ];
  return `${lines.join('\n')}\n`;
}

function renderTask(task: TaskOutline): readonly string[] {
  return [
    `  subgraph ${task.id}["${escape(task.label)}"]`,
    ...task.boxes.flatMap((box) => [
      `    subgraph ${box.id}["${escape(box.label)}"]`,
      ...box.nodes.map((node) => `      ${renderNode(node)}`),
      '    end',
    ]),
    ...task.nodes.map((node) => `    ${renderNode(node)}`),
    '  end',
  ];
}

function renderNode({ id, lines, shape }: NodeOutline): string {
  const label = `"${lines.map(escape).join('<br/>')}"`;
  switch (shape) {
    case 'box':
      return `${id}[${label}]`;
    case 'store':
      return `${id}[(${label})]`;
    case 'note':
      return `${id}(${label})`;
    default:
      return assertNever(shape);
  }
}

function renderArrow({ from, to, refers }: ArrowOutline): string {
  return `  ${from} ${refers ? '-.->' : '-->'} ${to}`;
}

/** Mermaid reads `#35;` as the character with that code. It would interpret HTML and Markdown in a label. */
function escape(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._/:+,=@|-]/gu, (character) => {
    return `#${character.codePointAt(0)};`;
  });
}
