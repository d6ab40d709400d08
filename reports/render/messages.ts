/** Every word shown, in each language. A text that one language lacks does not compile. */
import { da, type Messages } from './messages-da.ts'
import { en } from './messages-en.ts'

export const LANGS = ['da', 'en'] as const
export type Lang = (typeof LANGS)[number]
export type { Messages }

export const MESSAGES: Record<Lang, Messages> = { da, en }
