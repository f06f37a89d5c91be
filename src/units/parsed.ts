/** The result of a parser: the value, or what is wrong. In a message, `problem` comes directly after the wrong text. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };
