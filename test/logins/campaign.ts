/**
 * A working day in one moment: everybody asks at once, half of the users with curl and half with axios-ntlm, while others
 * share connections, come and go, and take turns on one connection.
 */
import {
  askByBasic,
  askByCurl,
  askByNobody,
  askByNpm,
  comeAndGo,
  type Heard,
  markOf,
  people,
  takeTurns,
} from './people.ts'
import { accountName } from './windows-server.ts'
import type { Account } from './ntlmv2.ts'

export interface Size {
  readonly users: number
  readonly requests: number
}

export interface Cast {
  readonly users: readonly Account[]
  readonly basic: readonly Account[]
  readonly hasty: readonly Account[]
  readonly turns: readonly Account[]
}

export interface Campaign {
  /** What each user was told, one by one. */
  readonly heard: readonly Heard[]
  /** What went wrong that nobody should have noticed. */
  readonly complaints: readonly string[]
}

const NOBODIES = 4

export function castOf(size: Size): Cast {
  return {
    users: people(size.users),
    basic: people(4, 'basis'),
    hasty: people(4, 'travl'),
    turns: people(12, 'skift'),
  }
}

export const everybody = ({ users, basic, hasty, turns }: Cast): Account[] => [...users, ...basic, ...hasty, ...turns]

/** Marks that must have been answered once each. */
export function expectedMarks({ users, basic }: Cast, { requests }: Size): string[] {
  const all = (account: Account) => Array.from({ length: requests }, (_, n) => markOf(account.name, n))
  const nobodys = Array.from({ length: NOBODIES * requests }, (_, n) => markOf('nobody', n))
  return [...[...users, ...basic].flatMap(all), ...nobodys]
}

export async function runCampaign(target: URL, cast: Cast, { requests }: Size): Promise<Campaign> {
  const complaints: string[] = []
  const told = async (who: string, asking: Promise<readonly Heard[]>): Promise<readonly Heard[]> => {
    try {
      return await asking
    } catch (error) {
      complaints.push(`${who}: ${String(error)}`)
      return []
    }
  }
  const half = Math.ceil(cast.users.length / 2)
  const asking = [
    ...cast.users.map((user, n) =>
      told(user.name, n < half ? askByCurl(target, user, requests) : askByNpm(target, user, requests)),
    ),
    ...cast.basic.map((user) => told(user.name, askByBasic(target, user, requests))),
    ...Array.from({ length: NOBODIES }, (_, n) => told('nobody', askByNobody(target, n * requests, requests))),
    ...cast.hasty.map((user) =>
      told(
        user.name,
        comeAndGo(target, user, requests).then(() => []),
      ),
    ),
    ...[0, 4, 8].map((n) => told('turns', takeTurns(target, cast.turns.slice(n, n + 4), requests))),
  ]
  const heard = (await Promise.all(asking)).flat()
  const names = new Map(everybody(cast).map((account) => [account.name, accountName(account)]))
  return { heard, complaints: [...complaints, ...heard.flatMap((one) => complaintOf(one, names))] }
}

function complaintOf({ mark, status, user }: Heard, names: ReadonlyMap<string, string>): string[] {
  const wanted = names.get(mark.slice(0, mark.lastIndexOf('-'))) ?? 'nobody'
  return status === 200 && user === wanted ? [] : [`${mark}: ${status} ${user}`]
}
