import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { attributes, html, UnsafeTemplate } from '../../../reports/render/html.ts'

test('what stands in a value never becomes markup', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { text: shown } = html`<p title="${text}">${text}</p>`
      const [, title = '', body = ''] = /^<p title="([^"<>]*)">([^"<>]*)<\/p>$/.exec(shown) ?? []
      const unescape = (s: string) => s.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
      assert.equal(unescape(title), text)
      assert.equal(unescape(body), text)
    }),
  )
})

test('markup made by html passes, in lists too, and nothing is shown for nothing', () => {
  const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`)
  assert.equal(html`<b>${items}${null}${undefined}</b>`.text, '<b><i>a</i><i>&#60;b&#62;</i></b>')
})

test('attributes are there, there with a value, or not there', () => {
  const shown = html`<input ${attributes({ required: true, hidden: false, size: '3', lang: null })} />`.text
  assert.equal(shown, '<input required size="3" />')
})

test('a value where escaping does not help is refused', () => {
  const x = 'x'
  const unsafe = [
    () => html`<p ${x}></p>`,
    () => html`<p title=${x}></p>`,
    () => html`<p class="a" ${x}="b"></p>`,
    () =>
      html`<script>
        ${x}
      </script>`,
    () =>
      html`<style>
        ${x}
      </style>`,
    () => html`<p onclick="${x}"></p>`,
    () => html`<p style="${x}"></p>`,
    () => html`<p title="${html`<b></b>`}"></p>`,
    () => html`<p>${attributes({ title: 'x' })}</p>`,
    () => attributes({ onclick: 'x' }),
    () => attributes({ 'a b': 'x' }),
  ]
  for (const make of unsafe) assert.throws(make, UnsafeTemplate)
})

test('an address leads nowhere but into this site', () => {
  assert.equal(html`<a href="${'/entry/1?a=b&c'}"></a>`.text, '<a href="/entry/1?a=b&#38;c"></a>')
  for (const to of [
    'javascript:alert(1)',
    '//elsewhere.example',
    '/\\elsewhere.example',
    'https://elsewhere.example',
    '',
  ]) {
    assert.throws(() => html`<a href="${to}"></a>`, UnsafeTemplate)
    assert.throws(() => attributes({ href: to }), UnsafeTemplate)
  }
})
