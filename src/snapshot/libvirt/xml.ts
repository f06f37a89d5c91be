/** The XML of libvirt. It has no namespaces that matter here, and no text that is mixed with elements. */
import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom';

export type { Element };

/** The root element. Throws a ParseError. */
export function parseXml(text: string): Element {
  const { documentElement } = new DOMParser().parseFromString(text, 'text/xml');
  if (documentElement === null) throw new Error('an XML document without an element');
  return documentElement;
}

export function formatXml(element: Element): string {
  return new XMLSerializer().serializeToString(element);
}

/** None of an element that is not there. */
export function childrenOf(element: Element | undefined, tag: string): readonly Element[] {
  return [...(element?.children ?? [])].filter(({ tagName }) => tagName === tag);
}

export function childOf(element: Element | undefined, tag: string): Element | undefined {
  return childrenOf(element, tag)[0];
}

/** Undefined when the child or its attribute is not there. */
export function attributeOf(element: Element, tag: string, name: string): string | undefined {
  return childOf(element, tag)?.getAttribute(name) ?? undefined;
}
