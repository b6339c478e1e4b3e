/** Answers in XML, read by local names: namespaces differ between the services that speak S3. */

import { parseXml, XmlElement } from "@rgrove/parse-xml";

/** An answer that is not the XML it should be. */
export class XmlError extends Error {
  override readonly name = "XmlError";
}

/**
 * Reads a document and returns its root element. Entities other than XML's own five are refused,
 * and so are document types, which no service sends.
 *
 * @throws {XmlError}
 */
export function readXml(data: Uint8Array): XmlElement {
  const text = new TextDecoder().decode(data);
  if (/<!doctype/i.test(text)) throw new XmlError("Cannot read the answer: it has a document type");
  try {
    const { root } = parseXml(text);
    if (root !== null) return root;
  } catch (error) {
    // The parser's message quotes the answer at length; nesting without end overflows the stack.
    throw new XmlError("Cannot read the answer: not well-formed XML", { cause: error });
  }
  throw new XmlError("Cannot read the answer: no XML element in it");
}

/** A name without its namespace's prefix. */
export function localName(element: XmlElement): string {
  return element.name.slice(element.name.indexOf(":") + 1);
}

/** The child elements of a name, in order. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child): child is XmlElement =>
    child instanceof XmlElement && localName(child) === name
  );
}

/** The text of the first child element of a name, or undefined when there is none. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return childrenOf(element, name)[0]?.text;
}

/** A text as XML writes it, with references for all that a reader may change. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (c) => `&#${c.charCodeAt(0)};`);
}
