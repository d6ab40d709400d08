/** Are two names one user's? Written in ways that differ, nobody can always say. */
export type UserRelation = 'foreign' | 'own' | 'unknown'

/** The one that is told, first. */
export const RELATIONS: readonly UserRelation[] = ['foreign', 'unknown', 'own']

export function relationOf(one: string, other: string): UserRelation {
  if (isSameUser(one, other)) return 'own'
  return accountOf(one) === accountOf(other) ? 'unknown' : 'foreign'
}

/** `KOMMUNE\anna` and `anna` are one user of one server, and so are names that differ in case. */
function isSameUser(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()]
  return a === b || a.endsWith(`\\${b}`) || b.endsWith(`\\${a}`)
}

/** The account in `KOMMUNE\anna` and `anna@kommune.dk`: of two spellings nobody can say whether they are one user's. */
function accountOf(user: string): string {
  const [account = ''] = user.slice(user.lastIndexOf('\\') + 1).split('@', 1)
  return account.toLowerCase()
}
