/** Finds members: by unique name, and those around one, as the TREE_OP restriction of MDSCHEMA_MEMBERS asks. */
import { bracketed, HIERARCHIES } from './cube.ts'
import type { Member } from './cube.ts'

const BY_NAME = new Map(
  HIERARCHIES.flatMap(({ members }) => members)
    .flatMap((member) => [[member.uniqueName, member] as const, [pathName(member), member] as const])
    .map(([name, member]) => [fold(name), member]),
)

/** `[Borger].[Nordlunde].[Bymidten].[…]`: the other way to write a member; the All member is left out. */
function pathName(member: Member): string {
  const names = [...ancestors(member).toReversed(), member].filter(({ parent }) => parent !== null)
  return [member.hierarchy.uniqueName, ...names.map(({ name }) => bracketed(name))].join('.')
}

/** Names match in any case, as in Analysis Services with its usual collation. */
export function fold(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

export function memberNamed(name: string): Member | undefined {
  return BY_NAME.get(fold(name))
}

// MS-SSAS, "MDSCHEMA_MEMBERS", restriction TREE_OP: a bit for each direction.
const CHILDREN = 0x01
const SIBLINGS = 0x02
const PARENT = 0x04
const SELF = 0x08
const DESCENDANTS = 0x10
const ANCESTORS = 0x20

/** The members that `treeOp` names around `member`, in the order of the hierarchy. */
export function around(member: Member, treeOp: number): Member[] {
  const found = new Set<Member>()
  const take = (bit: number, members: readonly Member[]): void => {
    if ((treeOp & bit) !== 0) for (const each of members) found.add(each)
  }
  take(CHILDREN, member.children)
  take(SIBLINGS, siblings(member))
  take(PARENT, member.parent === null ? [] : [member.parent])
  take(SELF, [member])
  take(DESCENDANTS, descendants(member))
  take(ANCESTORS, ancestors(member))
  return [...found].sort((a, b) => a.ordinal - b.ordinal)
}

function siblings(member: Member): Member[] {
  const level = member.parent?.children ?? member.hierarchy.members.filter(({ parent }) => parent === null)
  return level.filter((other) => other !== member)
}

function descendants(member: Member): Member[] {
  return member.children.flatMap((child) => [child, ...descendants(child)])
}

export function ancestors(member: Member): Member[] {
  return member.parent === null ? [] : [member.parent, ...ancestors(member.parent)]
}
