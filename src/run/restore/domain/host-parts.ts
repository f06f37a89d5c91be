/**
 * What of this host a machine uses, for the person who is asked: whoever could write to the copy could have named anything. So
 * it is not a list of what is known to be dangerous: each source, each path, and what goes past libvirt to the emulator.
 */
import { attributeOf, childOf, type Element, parseXml } from '../../../snapshot/libvirt/xml.js';

/** `but`: the paths of the disks that are brought back. */
export function listHostParts(xml: string, but: ReadonlySet<string>): readonly string[] {
  const root = parseXml(xml);
  const parts = [...root.children, ...(childOf(root, 'devices')?.children ?? [])].filter(
    ({ tagName }) => tagName !== 'metadata' && tagName !== 'devices',
  );
  return parts.flatMap((part) => {
    const target = part.tagName === 'disk' ? (attributeOf(part, 'target', 'dev') ?? '') : '';
    const values = valuesOf(part, isForeign(part) || part.tagName === 'seclabel');
    const shown = values.filter(({ value }) => !but.has(value)).map(({ text }) => text);
    return shown.length === 0
      ? []
      : [`${[part.tagName, target].join(' ').trim()}: ${shown.join(' ')}`];
  });
}

interface Value {
  readonly value: string;
  readonly text: string;
}

/** `isWhole`: not only what is a path. */
function valuesOf(element: Element, isWhole: boolean): readonly Value[] {
  const attributes = [...element.attributes].map(({ name, value }) => ({
    value,
    text: `${name}=${value}`,
  }));
  const inner = element.children.length === 0 ? (element.textContent ?? '').trim() : '';
  const own = [...attributes, { value: inner, text: inner }].filter(({ value }) => value !== '');
  const shown = isWhole ? own : own.filter(({ value }) => /^\.{0,2}\//.test(value));
  const below = [...element.children].flatMap((child) =>
    valuesOf(child, isWhole || child.tagName === 'source'),
  );
  return [...shown, ...below];
}

/** What is not of libvirt's own language, such as `qemu:commandline`. */
function isForeign({ namespaceURI }: Element): boolean {
  return namespaceURI !== null && namespaceURI !== '';
}
