/** What a unit's parser returns: the value, or what is wrong with the text, to follow the text itself in a sentence. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };
