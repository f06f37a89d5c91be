/** What the fake answers, and how that looks in XML. */

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A tree of elements; an array is the element repeated, undefined leaves it out. */
export interface Elements {
  readonly [name: string]: string | number | boolean | undefined | Elements | readonly Elements[];
}

export function xmlAnswer(elements: Elements, status = 200): Answer {
  const headers = { 'content-type': 'application/xml' };
  return { status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>${render(elements)}` };
}

export function errorAnswer(status: number, Code: string, more: Elements = {}): Answer {
  const message = { Code, Message: `${Code}, said the fake`, ...more };
  return xmlAnswer({ Error: { ...message, RequestId: 'fake' } }, status);
}

function render(elements: Elements): string {
  return Object.entries(elements)
    .map(([name, value]) => {
      if (value === undefined) return '';
      if (Array.isArray(value)) return value.map((item) => render({ [name]: item })).join('');
      const inner = typeof value === 'object' ? render(value as Elements) : escape(String(value));
      return `<${name}>${inner}</${name}>`;
    })
    .join('');
}

function escape(text: string): string {
  return text.replaceAll(/[^\w .:/+-]/gu, (char) => `&#${char.codePointAt(0)};`);
}

/** The texts of every element of this name. */
export function textsIn(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'));
  return Array.from(found, ([, text = '']) => unescape(text));
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescape(text: string): string {
  return text.replaceAll(/&(#x?)?(\w+);/g, (_, number: string | undefined, value: string) => {
    if (number === undefined) return ENTITIES[value] ?? '';
    return String.fromCodePoint(Number.parseInt(value, number === '#' ? 10 : 16));
  });
}
