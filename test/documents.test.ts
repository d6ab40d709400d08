import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')
const FILES = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => existsSync(join(ROOT, path)))
const PAGES = FILES.filter((path) => path.endsWith('.md'))
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** `a/{b,c}.ts` is two names; one with a placeholder is none. */
function namesIn(code: string): string[] {
  const [, before = '', list, after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(code) ?? []
  const names = list === undefined ? [code] : list.split(',').map((one) => `${before}${one}${after}`)
  return names.filter((name) => /^[\w./-]+\.(?:ts|mjs|sql)$/.test(name))
}

/** In a folder's README the folder's own files, or whole paths; in other pages any file's name. */
function exists(name: string, page: string): boolean {
  const own = page.endsWith('README.md') ? dirname(page).replace(/^\.$/, '') : ''
  return FILES.some((path) => path === name || (`/${path}`.endsWith(`/${name}`) && path.startsWith(own)))
}

test('every source file that a page names exists', () => {
  let named = 0
  for (const page of PAGES) {
    for (const [, code = ''] of textOf(page).matchAll(/`([^`\n]+)`/g)) {
      for (const name of namesIn(code)) {
        named++
        assert.ok(
          exists(name.replace(/^(?:\.\.?\/)+/, ''), page) || existsSync(join(ROOT, dirname(page), name)),
          `${page}: ${name}`,
        )
      }
    }
  }
  assert.ok(named > 100)
})

test('every link from a page to another file leads there', () => {
  let links = 0
  for (const page of PAGES) {
    for (const [, target = ''] of textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      links++
      assert.ok(existsSync(join(ROOT, dirname(page), target)), `${page} links to ${target}`)
    }
  }
  assert.ok(links > 5)
})

test('a decision that is referred to exists, each is listed, and no two have one number', () => {
  const numbers = FILES.filter((path) => path.startsWith('docs/decisions/0')).map((path) => basename(path).slice(0, 4))
  assert.equal(new Set(numbers).size, numbers.length)
  const index = textOf('docs/decisions/README.md')
  for (const number of numbers) assert.ok(index.includes(`[${number}]`), `docs/decisions/README.md lists ${number}`)
  for (const path of FILES.filter((path) => /\.(?:md|ts)$/.test(path) && !path.startsWith('test/'))) {
    for (const [, number = ''] of textOf(path).matchAll(/\b[Dd]ecisions?[ /](0\d{3})\b/g)) {
      assert.ok(numbers.includes(number), `${path} refers to decision ${number}`)
    }
  }
})
