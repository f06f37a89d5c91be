/**
 * Reads the fields of parsed JSON and says which one is wrong by its path, such as `objects[3].stages[0].argv`. Keys that
 * are not asked for are passed over, so that a later version may add some within one format.
 */

/** What is wrong, to be made a Failure by whoever knows what was being read. */
export class FieldProblem extends Error {
  override readonly name = 'FieldProblem';
}

/** A JSON value and where it was found. */
export interface Field {
  readonly path: string;
  readonly value: unknown;
}

export function fieldOf(object: Field, key: string): Field {
  const path = object.path === '' ? key : `${object.path}.${key}`;
  if (!isObject(object.value)) {
    throw wrong(object, 'an object');
  }
  if (!Object.hasOwn(object.value, key)) {
    throw new FieldProblem(`"${path}" is missing`);
  }
  return { path, value: object.value[key] };
}

/** Undefined when the key is not there. */
export function optionalFieldOf(object: Field, key: string): Field | undefined {
  if (isObject(object.value) && !Object.hasOwn(object.value, key)) return undefined;
  return fieldOf(object, key);
}

export function itemsOf(field: Field): readonly Field[] {
  if (!Array.isArray(field.value)) {
    throw wrong(field, 'an array');
  }
  return field.value.map((value: unknown, index) => ({ path: `${field.path}[${index}]`, value }));
}

export function textOf(field: Field): string {
  if (typeof field.value !== 'string' || field.value === '') {
    throw wrong(field, 'a string that is not empty');
  }
  return field.value;
}

/** A whole number of at least 0 that a double holds exactly. */
export function wholeNumberOf(field: Field): number {
  if (!Number.isSafeInteger(field.value) || Number(field.value) < 0) {
    throw wrong(field, 'a whole number from 0 to 9007199254740991');
  }
  return Number(field.value);
}

/** Any number of at least 0: a measured length of time has a fraction. */
export function measureOf(field: Field): number {
  if (typeof field.value !== 'number' || !Number.isFinite(field.value) || field.value < 0) {
    throw wrong(field, 'a number of at least 0');
  }
  return field.value;
}

export function textMatching(
  field: Field,
  expected: { readonly form: RegExp; readonly means: string },
): string {
  const text = textOf(field);
  if (!expected.form.test(text)) {
    throw wrong(field, expected.means);
  }
  return text;
}

/** A list of arguments: strings, which may be empty, at least one of them. */
export function argvOf(field: Field): readonly string[] {
  const items = itemsOf(field);
  if (items.length === 0) {
    throw wrong(field, 'an array with at least one string');
  }
  return items.map((item) => {
    if (typeof item.value !== 'string') {
      throw wrong(item, 'a string');
    }
    return item.value;
  });
}

export function orNull<T>(field: Field, read: (field: Field) => T): T | null {
  return field.value === null ? null : read(field);
}

export function wrong(field: Field, expected: string): FieldProblem {
  const name = field.path === '' ? 'it' : `"${field.path}"`;
  return new FieldProblem(`${name} is ${describeValue(field.value)}, not ${expected}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? 'an empty array' : 'an array';
  }
  if (isObject(value)) {
    return 'an object';
  }
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
