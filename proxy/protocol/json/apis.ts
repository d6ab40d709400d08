import type { JsonApi } from './call.ts'
import { cubeJsLoad } from './cubejs-load.ts'
import { druid } from './druid.ts'
import { looker } from './looker.ts'
import { metabase } from './metabase.ts'
import { powerBiExecuteQueries } from './powerbi-execute-queries.ts'
import { powerBiQueryData } from './powerbi-querydata.ts'
import { qlikEngine } from './qlik/qlik-engine.ts'
import { superset } from './superset.ts'
import { saiku } from './saiku.ts'
import { tableauVds } from './tableau-vds.ts'

/** Asked in this order: those with an address of their own before those that are known by the body's shape. */
export const APIS: readonly JsonApi[] = [
  powerBiExecuteQueries,
  powerBiQueryData,
  druid,
  looker,
  metabase,
  superset,
  saiku,
  tableauVds,
  cubeJsLoad,
  qlikEngine,
]
