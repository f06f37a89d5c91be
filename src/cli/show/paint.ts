/** Colour, sparingly: what is wrong stands out, what is secondary recedes. SGR codes of ECMA-48. */
export type Style = 'error' | 'warning' | 'dim';

export type Paint = (text: string, style: Style) => string;

const CODES: Readonly<Record<Style, string>> = { error: '1;31', warning: '33', dim: '2' };

export const paintColours: Paint = (text, style) => `\u001b[${CODES[style]}m${text}\u001b[0m`;

export const paintNothing: Paint = (text) => text;
