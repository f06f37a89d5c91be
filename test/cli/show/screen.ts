/**
 * A terminal that knows only the few controls of the live display and refuses every other one. So a test fails when a
 * name or a line of stderr controls the terminal. It remembers the lines that scrolled away and the width of lines.
 */
export interface Screen {
  feed(text: string): void;
  /** All lines, from the first one that scrolled away to the last one that is not empty. */
  lines(): readonly string[];
  /** The visible lines. */
  visible(): readonly string[];
}

const INTRODUCER = '\u001b[';
const CONTROL = /^(\??)([0-9;]*)([A-Za-z])/;

export function createScreen(columns: number, rows: number): Screen {
  const lines: string[][] = [[]];
  let top = 0;
  let row = 0;
  let column = 0;
  let wraps = true;

  function lineFeed(): void {
    row += 1;
    column = 0;
    while (lines.length <= row) lines.push([]);
    top = Math.max(top, row - rows + 1);
  }

  function put(character: string): void {
    if (column === columns) {
      if (!wraps) throw new Error(`drawn beyond column ${columns}: ${lines[row]?.join('')}`);
      lineFeed();
    }
    const line = lines[row] ?? [];
    while (line.length < column) line.push(' ');
    line[column] = character;
    column += 1;
  }

  function obey(mark: string, parameter: string, letter: string): void {
    const key = `${mark}${letter}`;
    if (key === 'A') row = Math.max(top, row - Number(parameter));
    else if (key === 'K') lines[row]?.splice(column);
    else if (key === 'J') {
      lines[row]?.splice(column);
      lines.splice(row + 1);
    } else if (key === '?l' && parameter === '7') wraps = false;
    else if (key === '?h' && parameter === '7') wraps = true;
    else if (key !== 'm') throw new Error(`an unexpected control: ${key} ${parameter}`);
  }

  return {
    feed(text) {
      let rest = text;
      while (rest !== '') {
        const [character = ''] = rest;
        const [sequence, mark = '', parameter = '', letter = ''] = readControl(rest);
        if (sequence !== undefined) obey(mark, parameter, letter);
        else if (character === '\n') lineFeed();
        else if (character === '\r') column = 0;
        else if (/\p{Cc}/u.test(character) && character !== '\t') throw new Error('a raw control');
        else put(character);
        rest = rest.slice(
          sequence === undefined ? character.length : INTRODUCER.length + sequence.length,
        );
      }
    },
    lines: () => trimEnd(lines.map((line) => line.join('').trimEnd())),
    visible: () => trimEnd(lines.slice(top).map((line) => line.join('').trimEnd())),
  };
}

function readControl(text: string): readonly string[] {
  return text.startsWith(INTRODUCER) ? (CONTROL.exec(text.slice(INTRODUCER.length)) ?? []) : [];
}

function trimEnd(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(0, last + 1);
}
