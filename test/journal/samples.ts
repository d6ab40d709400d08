import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Answered, Asked } from '../../proxy/exchange.ts'
import { UNREAD_ANSWER } from '../../proxy/protocol/unknown/unread-answer.ts'

/** A folder of its own for one test, gone when it ends. */
export async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tilsyn-journal-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return join(folder, 'journal')
}

export function asked(text: string, askedAt = 1_800_000_000_000): Asked {
  return {
    askedAt,
    server: 'cube',
    clientAddress: '192.0.2.7',
    method: 'POST',
    target: '/xmla',
    headers: [['Content-Type', 'text/xml']],
    socket: null,
    identity: { user: 'KOMMUNE\\abc', source: 'ntlm', workstation: 'PC-1' },
    body: { bytes: Buffer.from(text), extent: 'whole' },
  }
}

export function answered(endedAt = 1_800_000_000_500): Answered {
  return {
    ending: 'complete',
    status: 200,
    headers: [['Content-Type', 'text/xml']],
    firstByteAt: endedAt - 10,
    endedAt,
    answerBytes: 42,
    userConfirmed: true,
    requestBytes: 10,
    requestHash: null,
    facts: { ...UNREAD_ANSWER, kind: 'dataset', decoded: true, rows: 3, cells: 9, axes: [3, 3] },
  }
}
