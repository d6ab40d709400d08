/**
 * Power BI's REST API for statements (Microsoft Learn, "Datasets - Execute Queries" and "Execute DAX Queries"):
 * `POST /v1.0/myorg[/groups/{group}]/datasets/{dataset}/executeQueries`. The statements are DAX; the model is the dataset
 * in the path, and whose rights count may be said in the body.
 */
import type { Claims, Part } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import { partsOf } from '../statement/statement.ts'
import type { Call, JsonApi } from './call.ts'
import { jsonPart, queryText } from './call.ts'
import { itemsOf, member, oneOrMore, stringOf } from './json-value.ts'

const ADDRESS = /\/datasets\/([^/]+)\/execute(?:Dax)?Queries\/?$/i

export const powerBiExecuteQueries: JsonApi = {
  name: 'powerbi-execute-queries',
  address(path) {
    const dataset = ADDRESS.exec(path)?.[1]
    return dataset === undefined ? null : { ...NO_CLAIMS, catalog: dataset }
  },
  read(call) {
    const claims = this.address(call.path)
    if (claims === null || call.method !== 'POST') return null
    const parts = statementsOf(call).flatMap((text) => partsOf(text, new Map(), call.rules))
    return { claims: { ...claims, ...claimsOf(call) }, parts: parts.length > 0 ? parts : [emptyPart(call)] }
  },
}

/** `queries[].query`; of the later interface, that answers in Arrow, `query` itself. */
function statementsOf({ body }: Call): string[] {
  const texts = [member(body, 'query'), ...itemsOf(member(body, 'queries')).map((query) => member(query, 'query'))]
  return texts.map((text) => stringOf(text)?.trim() ?? '').filter((text) => text !== '')
}

/** The REST interfaces name the user that the rights of the model are reckoned for, as XMLA's EffectiveUserName does. */
function claimsOf({ body }: Call): Partial<Claims> {
  const roles = oneOrMore(member(body, 'roles')).map((role) => stringOf(role) ?? '')
  return {
    effectiveUser: stringOf(member(body, 'impersonatedUserName')) ?? stringOf(member(body, 'effectiveUserName')),
    effectiveRoles: roles.join(',') || null,
    customData: stringOf(member(body, 'customData')),
  }
}

const emptyPart = (call: Call): Part => jsonPart(queryText(call), { opaque: 'unknown-protocol' })
