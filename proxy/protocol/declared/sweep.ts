/** Persons anywhere in the request, also where the mapping does not look: whoever names a person has asked about one. */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Request } from '../adapter.ts'
import type { Found } from '../json/sweep.ts'
import { personsInJson } from '../json/sweep.ts'
import { personsMentioned } from '../criteria/mentioned.ts'
import { readable } from '../persons/readable.ts'
import type { Documents } from './documents.ts'
import type { XmlNode } from './xml-node.ts'

/** As `json/sweep.ts` finds them in trees, and as they stand in texts: the address, comments, whatever was wrapped. */
export function personsOf(request: Request, documents: Documents | null, rules: PersonRules): Found[] {
  const { target, text, mediaType } = request
  const form = mediaType === 'application/x-www-form-urlencoded'
  const body = text === null ? '' : form ? readable(text) : text
  const trees = documents?.trees ?? []
  const isJson = trees.length > 0 && !form && documents?.xml === null
  const xml = documents?.xml ? leaves(documents.xml) : ''
  const texts = [readable(target), isJson ? '' : body, ...(isJson ? [] : (documents?.unwrapped ?? [])), xml]
  const near = personsMentioned(texts.join('\n'), rules)
  return [
    ...trees.flatMap((tree) => personsInJson(tree, rules)),
    ...near.flatMap(({ person, value }) => (person === null ? [] : [{ person, text: value }])),
  ]
}

/** Every text of a document with the name it stands under, entities undone: `cpr: 0101475001`. */
function leaves(document: XmlNode): string {
  const lines: string[] = []
  const waiting: XmlNode[] = [document]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const { localName, nodeValue } of node.attributeNodes) lines.push(`${localName}: ${nodeValue ?? ''}`)
    if (node.nodeValue !== null) lines.push(`${node.parent?.localName ?? ''}: ${node.nodeValue}`)
    for (const child of node.children.toReversed()) waiting.push(child)
  }
  return lines.join('\n')
}
